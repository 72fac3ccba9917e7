import TestSupport
import Testing
import VFIO

@testable import Simulator

/// A simulated device that reaches memory of ours.
struct Reach {
  static let start: UInt64 = 0x10_0000
  static let page: UInt64 = 4096

  let device: SimulatedDevice
  let space: any AddressSpace
  let clock: TestClock
  let memory: SharedMemory

  /// The device with this address, and `pages` pages from 1 MiB on.
  init(_ address: String, pages: Int = 64) throws {
    clock = TestClock()
    device = try SimulatedDevice.open(address, clock: clock.now)
    space = try device.addressSpace()
    memory = try Self.memory(pages: pages)
    try space.map(memory, at: Self.start)
  }

  static func memory(pages: Int) throws -> SharedMemory {
    try #require(SharedMemory(count: pages * Int(page)))
  }

  /// All that is mapped.
  var range: DMARange { DMARange(iova: Self.start, length: UInt64(memory.count)) }

  /// So many pages of it.
  static func pages(_ pages: Range<UInt64>) -> DMARange {
    DMARange(iova: start + pages.lowerBound * page, length: UInt64(pages.count) * page)
  }

  /// What the container's log says of a range.
  func logged(_ range: DMARange? = nil) throws -> [Int] {
    var bitmap = DirtyBitmap(range ?? self.range, pageSize: Self.page)
    try space.readLog(into: &bitmap)
    return bitmap.dirtyPages
  }

  /// What the device's own log says of a range.
  func reported(_ range: DMARange? = nil, pageSize: UInt64 = page) throws -> [Int] {
    var bitmap = DirtyBitmap(range ?? self.range, pageSize: pageSize)
    try device.reportLogging(into: &bitmap)
    return bitmap.dirtyPages
  }

  /// The pages that hold something else than zeroes.
  var writtenPages: [Int] {
    memory.withBytes { bytes in
      (0..<memory.count / 4096).filter { page in
        bytes.extracting(page * 4096..<(page + 1) * 4096).withUnsafeBytes { $0.contains { $0 != 0 } }
      }
    }
  }

  /// Whether the memory of both holds the same. Not left to an expectation, which would take minutes to print how so
  /// many bytes differ.
  func holdsTheSame(as other: Reach) -> Bool {
    memory.withBytes { $0.array } == other.memory.withBytes { $0.array }
  }

  func step(to state: V2State) throws {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
  }

  func step(to state: V1State) throws {
    try device.setRegister(state.rawValue, in: device.region(9), at: MigrationRegion.Register.deviceState)
  }
}

extension DirtyBitmap {
  var dirtyPages: [Int] { (0..<pageCount).filter { self[$0] } }
}
