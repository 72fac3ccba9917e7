import TestSupport
import VFIO

@testable import Simulator

/// A simulated device of protocol v2 with its features at hand.
struct V2Device {
  let device: SimulatedDevice

  init(_ options: String = "", size: String = "256K", clock: TestClock = TestClock()) throws {
    device = try SimulatedDevice.open(address("v2-reference,size=\(size)", options), clock: clock.now)
  }

  var state: V2State {
    get throws { V2State(rawValue: try device.get(.migDeviceState, count: 8).number(at: 0) ?? .max) }
  }

  var dataSize: UInt64 {
    get throws { try device.get(.migDataSize, count: 8).number(at: 0) ?? .max }
  }

  /// SETs a state.
  ///
  /// - Returns: the data fd that came with it, -1 when none did.
  @discardableResult
  func set(_ state: V2State) throws -> Int32 {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(77))
    try device.set(.migDeviceState, data: &data)
    return data.number(at: 4) ?? 77
  }

  /// SETs a state that opens a session.
  func open(_ state: V2State) throws -> any DataStream {
    device.stream(taking: try set(state))
  }

  /// Everything a stop-copy gives.
  func saved() throws -> [UInt8] {
    try open(.stopCopy).drain()
  }
}
