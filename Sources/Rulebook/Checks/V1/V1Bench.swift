import Migration
import VFIO

/// The registers of the migration region as a check uses them: every access is one of the device's, and every answer is
/// told.
struct V1Bench {
  typealias Register = MigrationRegion.Register

  let bench: Bench
  let region: Region

  /// The registers of the device on the bench, which has to speak protocol v1.
  init(_ bench: Bench) throws(Untried) {
    guard let interface = bench.session.interface as? V1Interface else {
      throw Untried("the device has no migration region")
    }
    self.bench = bench
    region = interface.region
  }

  var device: any Device { bench.device }

  /// Reads `count` bytes of the region in one access.
  func read(_ count: Int, at offset: UInt64) -> Answer<[UInt8]> {
    Answer { () throws(DeviceError) in try device.bytes(in: region, at: offset, count: count) }
  }

  /// Writes bytes to the region in one access: the answer is how many were taken.
  func write(_ bytes: [UInt8], at offset: UInt64) -> Answer<Int> {
    Answer { () throws(DeviceError) in try device.write(region, at: offset, from: bytes.span.bytes) }
  }

  /// `device_state`.
  func state() -> Answer<UInt32> {
    Answer { () throws(DeviceError) in try device.register(UInt32.self, in: region, at: Register.deviceState) }
  }

  /// Writes `device_state`.
  func setState(_ number: UInt32) -> Answer<Void> {
    Answer { () throws(DeviceError) in try device.setRegister(number, in: region, at: Register.deviceState) }
  }

  /// A register of 8 bytes.
  func register(_ offset: UInt64) -> Answer<UInt64> {
    Answer { () throws(DeviceError) in try device.register(UInt64.self, in: region, at: offset) }
  }

  /// `pending_bytes`: begins an iteration, or acknowledges a chunk.
  func pendingBytes() -> Answer<UInt64> { register(Register.pendingBytes) }
  /// `data_offset`: asks the device to put data into the window.
  func dataOffset() -> Answer<UInt64> { register(Register.dataOffset) }
  /// `data_size`.
  func dataSize() -> Answer<UInt64> { register(Register.dataSize) }

  /// Writes `data_size`: a chunk lies in the window.
  func setDataSize(_ size: UInt64) -> Answer<Void> {
    Answer { () throws(DeviceError) in try device.setRegister(size, in: region, at: Register.dataSize) }
  }

  /// Goes through these states, one write each, and reads back each; a check that needs them can't be tried elsewhere.
  ///
  /// Where a device that runs refuses the straight way, one by another state is tried: a check that has nothing to do
  /// with a change does not depend on it.
  func enter(_ states: V1State...) throws(Untried) {
    for state in states {
      let answer = setState(state.rawValue)
      guard answer.isDone || enterByDetour(state) else { throw Untried("\(state.name) can't be reached: \(answer)") }
      guard isIn(state) else { throw Untried("\(state.name) was asked for, and the device is in another state") }
    }
  }

  /// Whether the register shows this state now, whatever its reserved bits.
  func isIn(_ state: V1State) -> Bool {
    self.state().value.map { V1State(rawValue: $0).withoutReservedBits } == state
  }

  private static let detours: [V1State: V1State] = [
    .stop: .stopCopy, .stopCopy: .preCopy, .preCopy: .stop, .resuming: .stop,
  ]

  private func enterByDetour(_ state: V1State) -> Bool {
    guard let between = Self.detours[state], isIn(.running), setState(between.rawValue).isDone else { return false }
    return setState(state.rawValue).isDone
  }
}
