import TestSupport
import VFIO

@testable import Simulator

/// A simulated device of protocol v1 with its registers at hand.
struct V1Device {
  typealias Register = MigrationRegion.Register

  let device: SimulatedDevice
  let region: Region

  init(_ options: String = "", size: String = "256K", clock: TestClock = TestClock()) throws {
    device = try SimulatedDevice.open(address("v1-reference,size=\(size)", options), clock: clock.now)
    region = try device.region(9)
  }

  var state: V1State {
    get throws { V1State(rawValue: try device.register(UInt32.self, in: region, at: Register.deviceState)) }
  }
  var pendingBytes: UInt64 { get throws { try read64(Register.pendingBytes) } }
  var dataOffset: UInt64 { get throws { try read64(Register.dataOffset) } }
  var dataSize: UInt64 { get throws { try read64(Register.dataSize) } }

  func set(_ state: V1State) throws {
    try device.setRegister(state.rawValue, in: region, at: Register.deviceState)
  }

  func read64(_ offset: UInt64) throws -> UInt64 {
    try device.register(UInt64.self, in: region, at: offset)
  }

  func read(at offset: UInt64, _ count: Int) throws -> [UInt8] {
    try device.bytes(in: region, at: offset, count: count)
  }

  func write(_ bytes: [UInt8], at offset: UInt64) throws {
    _ = try device.write(region, at: offset, from: bytes.span.bytes)
  }

  /// One iteration: the chunk in the window, not acknowledged yet.
  func chunk() throws -> [UInt8] {
    let offset = try dataOffset
    return try read(at: offset, Int(try dataSize))
  }

  /// The chunks until pending_bytes is 0.
  func drain() throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    while try pendingBytes > 0 { chunks.append(try chunk()) }
    return chunks
  }

  /// Gives the device one chunk.
  func load(_ chunk: [UInt8]) throws {
    try write(chunk, at: try dataOffset)
    try device.setRegister(UInt64(chunk.count), in: region, at: Register.dataSize)
  }

  func load(_ chunks: [[UInt8]]) throws {
    for chunk in chunks { try load(chunk) }
  }
}
