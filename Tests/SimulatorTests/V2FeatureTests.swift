import Testing
import VFIO

@testable import Simulator

@Suite("VFIO_DEVICE_FEATURE")
struct V2FeatureTests {
  private static let get = FeatureFlags.get.rawValue
  private static let set = FeatureFlags.set.rawValue
  private static let probe = FeatureFlags.probe.rawValue

  /// The kernel's checks in their order: each call breaks one rule and all those behind it.
  @Test(
    "is decoded in the kernel's order of checks",
    arguments: [
      (4, 1 << 19 | get | set | 0xFFFF, .EINVAL), (7, get | 1, .EINVAL),
      (16, 1 << 19 | get | 1, .EINVAL), (16, 1 << 31 | 0xFFFF, .EINVAL),
      (16, get | set | 0xFFFF, .EINVAL), (16, get | set | 2, .EINVAL),
      (8, get | 0xFFFF, .ENOTTY), (8, probe | get | 0xFFFF, .ENOTTY), (16, set | 3, .ENOTTY), (16, 0xFFFF, .ENOTTY),
      (16, set | 1, .EINVAL), (16, probe | set | 1, .EINVAL), (16, probe | get | set | 1, .EINVAL),
      (16, set | 9, .EINVAL),
      (8, probe | 1, nil), (8, probe | get | 1, nil), (8, probe | get | set | 2, nil), (8, probe | get | 9, nil),
      (16, 1, .EINVAL), (16, 2, .EINVAL),
      (12, get | 1, .EINVAL), (15, get | 2, .EINVAL), (15, set | 2, .EINVAL), (8, get | 9, .EINVAL),
      (8, probe | set | 6, nil), (8, probe | get | 6, .EINVAL), (31, set | 6, .EINVAL), (32, set | 6, .EFAULT),
      (8, probe | set | 7, nil), (8, get | 7, .EINVAL), (8, set | 7, nil),
      (8, probe | get | 8, nil), (8, set | 8, .EINVAL), (39, get | 8, .EINVAL), (40, get | 8, .EFAULT),
      (16, get | 1, nil), (64, get | 1, nil), (16, get | 2, nil), (16, get | 9, nil),
    ] as [(UInt32, UInt32, Errno?)])
  func decoding(argsz: UInt32, flags: UInt32, expected: Errno?) throws {
    let device = try V2Device().device
    var data = [UInt8](repeating: 0xAA, count: 8)
    #expect(refusal { _ = try device.feature(argsz: argsz, flags: flags, data: &data) } == expected)
    if expected != nil || flags & Self.probe != 0 { #expect(data == [UInt8](repeating: 0xAA, count: 8)) }
  }

  @Test("MIGRATION says the flags of the address", arguments: [1, 3, 5, 7] as [UInt64])
  func migration(flags: UInt64) throws {
    #expect(try V2Device("flags=\(flags)").device.get(.migration, count: 8).number(at: 0) == flags)
  }

  @Test("MIG_DEVICE_STATE gives the state and no fd, also while a session is open")
  func getState() throws {
    let v2 = try V2Device()
    _ = try v2.open(.stopCopy)
    #expect(try v2.device.get(.migDeviceState, count: 8) == [3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
  }

  @Test("MIG_DEVICE_STATE comes back with what was asked and no fd when it failed")
  func failedSet() throws {
    let device = try V2Device("fail=stop-copy:EIO").device
    for (state, errno) in [(3, .EIO), (8, .EINVAL)] as [(UInt32, Errno)] {
      var data = [UInt8](number: state) + [UInt8](number: Int32(77))
      #expect(refusal { try device.set(.migDeviceState, data: &data) } == errno)
      #expect(data.number(at: 0) == state)
      #expect(data.number(at: 4) == Int32(-1))
    }
  }

  @Test("leaves bytes behind its data alone and takes missing ones for zero")
  func lengths() throws {
    let device = try V2Device().device
    var long = [UInt8](repeating: 0xAA, count: 16)
    _ = try device.feature(argsz: 24, flags: Self.get | 1, data: &long)
    #expect(long == [7, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xAA, count: 8))
    var short: [UInt8] = [1, 0, 0]
    _ = try device.feature(argsz: 16, flags: Self.set | 2, data: &short)
    #expect(short == [1, 0, 0])
    #expect(try device.get(.migDeviceState, count: 8).number(at: 0) == V2State.stop.rawValue)
  }

  @Test("MIG_DATA_SIZE can be read in every state, ERROR too", arguments: V2State.known)
  func dataSize(state: V2State) throws {
    let v2 = try V2Device("state=\(state.name)")
    #expect(try v2.dataSize >= 256 << 10)
  }

  @Test("MIG_DATA_SIZE is what a stop-copy moves, and falls while it moves")
  func dataSizeFalls() throws {
    let v2 = try V2Device("chunk=8K")
    let whole = try v2.dataSize
    let stream = try v2.open(.stopCopy)
    #expect(try v2.dataSize == whole)
    let part = try stream.read(10_000)
    #expect(try v2.dataSize == whole - 10_000)
    #expect(try UInt64(part.count + stream.drain().count) == whole)
    #expect(try v2.dataSize == 0)
  }
}
