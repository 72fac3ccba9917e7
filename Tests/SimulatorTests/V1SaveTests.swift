import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("Saving with protocol v1")
struct V1SaveTests {
  @Test("gives the same answers however often pending_bytes is read before a chunk")
  func pendingRepeated() throws {
    let v1 = try V1Device("state=stop-copy,chunk=1000")
    let first = try v1.pendingBytes
    #expect(first > 256 << 10)
    for _ in 0..<3 { #expect(try v1.pendingBytes == first) }
  }

  @Test("keeps offset, size and data until the chunk is acknowledged", arguments: ["pre-copy", "stop-copy"])
  func stable(state: String) throws {
    let v1 = try V1Device("state=\(state),chunk=1000")
    _ = try v1.pendingBytes
    let offset = try v1.dataOffset
    let size = try v1.dataSize
    let data = try v1.read(at: offset, Int(size))
    #expect(size == 1000)
    for _ in 0..<2 {
      #expect(try v1.dataOffset == offset)
      #expect(try v1.dataSize == size)
      #expect(try v1.read(at: offset, Int(size)) == data)
    }
    #expect(try v1.pendingBytes > 0)
    #expect(try v1.chunk() != data)
  }

  @Test("does not take a chunk for consumed whose length was never read")
  func unseenChunk() throws {
    let one = try V1Device("state=stop-copy,chunk=1000")
    let expected = try one.drain()
    let other = try V1Device("state=stop-copy,chunk=1000")
    _ = try other.dataOffset
    #expect(try other.drain() == expected)
  }

  @Test("gives a chunk in one read or in many of any size", arguments: [1, 7, 8, 999])
  func pieces(size: Int) throws {
    let v1 = try V1Device("state=stop-copy,chunk=1000")
    let whole = try v1.chunk()
    var pieces: [UInt8] = []
    while pieces.count < whole.count {
      pieces += try v1.read(at: try v1.dataOffset + UInt64(pieces.count), min(size, whole.count - pieces.count))
    }
    #expect(pieces == whole)
  }

  @Test("never leaves the window empty while bytes are pending, and ends at 0 for good")
  func ends() throws {
    let v1 = try V1Device("state=stop-copy,chunk=5000")
    var last = UInt64.max
    while case let pending = try v1.pendingBytes, pending > 0 {
      #expect(pending < last)
      last = pending
      #expect(try !v1.chunk().isEmpty)
    }
    for _ in 0..<3 { #expect(try v1.pendingBytes == 0) }
    #expect(try v1.chunk().isEmpty)
    #expect(try v1.pendingBytes == 0)
  }

  @Test("gives the same stream again when the device has not run")
  func repeatable() throws {
    let v1 = try V1Device("state=stop,dirty=1M")
    try v1.set(.stopCopy)
    let first = try v1.drain()
    try v1.set(.stop)
    try v1.set(.stopCopy)
    #expect(try v1.drain() == first)
  }

  @Test("offers what changes in pre-copy again, after it was drained")
  func preCopyFillsAgain() throws {
    let clock = TestClock()
    let v1 = try V1Device("dirty=64K", clock: clock)
    try v1.set(.preCopy)
    _ = try v1.drain()
    #expect(try v1.pendingBytes == 0)
    clock.advance(by: .seconds(1))
    #expect(try v1.pendingBytes > 0)
    #expect(try !v1.chunk().isEmpty)
  }

  @Test("goes on in stop-and-copy where pre-copy was left, wherever that was", arguments: [0, 1, 3, 1000])
  func leavingPreCopy(chunks: Int) throws {
    let clock = TestClock()
    let source = try V1Device("chunk=10000,dirty=64K", clock: clock)
    try source.device.put([1, 2, 3], at: 5000)
    try source.set(.preCopy)
    var stream: [[UInt8]] = []
    while stream.count < chunks, try source.pendingBytes > 0 { stream.append(try source.chunk()) }
    clock.advance(by: .seconds(1))
    try source.set(.stopCopy)
    stream += try source.drain()
    let target = try V1Device("seed=9,state=resuming")
    try target.load(stream)
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("drops the window at a reset")
  func reset() throws {
    let v1 = try V1Device("state=pre-copy")
    _ = try v1.dataOffset
    try v1.device.reset()
    #expect(try v1.pendingBytes == 0)
    #expect(refusal { _ = try v1.dataOffset } == .EINVAL)
    #expect(refusal { _ = try v1.read(at: 4096, 8) } == .EINVAL)
  }

  @Test("starts anew when a stopped device runs again")
  func again() throws {
    let v1 = try V1Device("state=stop-copy")
    let whole = try v1.drain()
    try v1.set(.preCopy)
    #expect(try v1.pendingBytes > 256 << 10)
    try v1.set(.stopCopy)
    #expect(try v1.drain() == whole)
  }
}
