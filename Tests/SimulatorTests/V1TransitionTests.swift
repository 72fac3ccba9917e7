import Testing
import VFIO

@testable import Simulator

@Suite("device_state of protocol v1")
struct V1TransitionTests {
  static let pairs = V1State.valid.flatMap { from in V1State.valid.map { (from, $0) } }.filter { $0 != $1 }

  @Test("is RUNNING at first")
  func initial() throws {
    #expect(try V1Device().state == .running)
  }

  @Test("goes from every valid state to every other", arguments: pairs)
  func everyPair(from: V1State, to: V1State) throws {
    let v1 = try V1Device("state=\(from.name)")
    #expect(try v1.state == from)
    try v1.set(to)
    #expect(try v1.state == to)
  }

  @Test("has 20 pairs of valid states")
  func count() {
    #expect(Self.pairs.count == 20)
  }

  @Test("may be written with what it is", arguments: V1State.valid)
  func same(state: V1State) throws {
    let v1 = try V1Device("state=\(state.name),fail=\(state.name):EIO")
    try v1.set(state)
    #expect(try v1.state == state)
  }

  @Test(
    "refuses what is no valid state and keeps the old one",
    arguments: V1State.valid, [5, 6, 7, 8, 9, 14, 0x101, 0xFFFF_FFFF] as [UInt32])
  func invalid(state: V1State, value: UInt32) throws {
    let v1 = try V1Device("state=\(state.name)")
    #expect(refusal { try v1.set(V1State(rawValue: value)) } == .EINVAL)
    #expect(try v1.state == state)
  }

  @Test("leaves ERROR by reset only")
  func error() throws {
    let v1 = try V1Device("state=error")
    #expect(try v1.state == .error)
    for state in V1State.valid + [.error] { #expect(refusal { try v1.set(state) } == .EINVAL) }
    #expect(try v1.state == .error)
    try v1.device.reset()
    #expect(try v1.state == .running)
  }

  @Test("is RUNNING after a reset in every state", arguments: V1State.valid)
  func reset(state: V1State) throws {
    let v1 = try V1Device("state=\(state.name)")
    try v1.device.reset()
    #expect(try v1.state == .running)
  }

  @Test("does not change by itself, and reading it disturbs no iteration")
  func passive() throws {
    let v1 = try V1Device("state=pre-copy,chunk=1000")
    _ = try v1.pendingBytes
    let offset = try v1.dataOffset
    #expect(try v1.state == .preCopy)
    let size = try v1.dataSize
    let first = try v1.read(at: offset, Int(size))
    for _ in 0..<3 { #expect(try v1.state == .preCopy) }
    #expect(try v1.read(at: offset, Int(size)) == first)
    #expect(try v1.dataSize == size)
  }
}
