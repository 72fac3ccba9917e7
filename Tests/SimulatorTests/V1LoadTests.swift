import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("Resuming with protocol v1")
struct V1LoadTests {
  private func stream(_ options: String = "chunk=10000") throws -> [[UInt8]] {
    let source = try V1Device(options)
    try source.set(.stopCopy)
    return try source.drain()
  }

  @Test(
    "makes the target's memory the source's",
    arguments: [(100, "4K"), (4096, "4K"), (4097, "64K"), (65536, "64K"), (1_000_000, "1M")])
  func restore(chunk: Int, window: String) throws {
    let clock = TestClock()
    let source = try V1Device("chunk=\(chunk),window=\(window),dirty=100K", clock: clock)
    try source.device.put((0..<10000).map { UInt8(truncatingIfNeeded: $0) }, at: 777)
    try source.set(.preCopy)
    var chunks = try source.drain()
    try source.device.put([9, 9, 9], at: 100_000)
    clock.advance(by: .seconds(1))
    try source.set(.stopCopy)
    chunks += try source.drain()
    let target = try V1Device("seed=2,window=\(window),chunk=1000")
    #expect(try target.device.memory() != source.device.memory())
    try target.set(.resuming)
    try target.load(chunks)
    try target.set(.running)
    #expect(try target.state == .running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("needs no reset before it and may follow another load")
  func twice() throws {
    let one = try stream("seed=3")
    let target = try V1Device("seed=4")
    for _ in 0..<2 {
      try target.set(.resuming)
      try target.load(one)
      try target.set(.stop)
    }
    #expect(try target.device.memory() == V1Device("seed=3").device.memory())
  }

  @Test("has consumed a chunk when the write of data_size returns")
  func consumed() throws {
    let target = try V1Device("seed=4,state=resuming")
    for chunk in try stream() {
      try target.load(chunk)
      try target.write([UInt8](repeating: 0xEE, count: chunk.count), at: try target.dataOffset)
    }
    #expect(try target.dataSize > 0)
    try target.set(.running)
    #expect(try target.device.memory() == V1Device().device.memory())
  }

  @Test("refuses a chunk longer than the window")
  func tooLong() throws {
    let v1 = try V1Device("state=resuming,window=64K,chunk=4K")
    let register = MigrationRegion.Register.dataSize
    #expect(refusal { try v1.device.setRegister(UInt64(65537), in: v1.region, at: register) } == .EINVAL)
    #expect(refusal { try v1.device.setRegister(UInt64.max, in: v1.region, at: register) } == .EINVAL)
  }

  @Test("may be left without any data when the profile says so, and keeps the memory")
  func noData() throws {
    let v1 = try V1Device("state=resuming")
    try v1.set(.running)
    #expect(try v1.device.memory() == V1Device().device.memory())
    let strict = try V1Device("state=resuming,no-data=refuse,bad-data=stay")
    #expect(refusal { try strict.set(.running) } == .EINVAL)
    #expect(try strict.state == .resuming)
  }

  @Test(
    "does not end well with a stream that is cut",
    arguments: V1State.valid.filter { $0 != .resuming }, ["error", "stay"])
  func cut(to: V1State, reaction: String) throws {
    let v1 = try V1Device("state=resuming,bad-data=\(reaction)")
    let chunks = try stream()
    try v1.load(Array(chunks.dropLast()))
    #expect(refusal { try v1.set(to) } == .EINVAL)
    #expect(try v1.state == (reaction == "error" ? .error : .resuming))
    if reaction == "stay" {
      try v1.load(chunks.suffix(1))
      try v1.set(to)
      #expect(try v1.state == to)
    }
    try v1.device.reset()
    #expect(try v1.state == .running)
    #expect(try v1.device.memory() == V1Device().device.memory())
  }

  @Test("refuses the chunk in which a bit is wrong, or the end", arguments: [0, 9, 13, 17, 25])
  func flipped(chunk: Int) throws {
    var chunks = try stream()
    chunks[chunk][chunks[chunk].count / 2] ^= 4
    let v1 = try V1Device("state=resuming")
    let loading = refusal { try v1.load(chunks) }
    #expect(loading == .EINVAL)
    #expect(refusal { try v1.set(.running) } == .EINVAL)
    #expect(try v1.state == .error)
  }

  @Test("refuses chunks that are doubled, left out or in another order")
  func disorder() throws {
    let chunks = try stream("chunk=4128")
    var doubled = chunks
    doubled.insert(chunks[3], at: 3)
    var missing = chunks
    missing.remove(at: 3)
    var swapped = chunks
    swapped.swapAt(3, 4)
    for bad in [doubled, missing, swapped, chunks + chunks, chunks + [[0]]] {
      let v1 = try V1Device("state=resuming")
      #expect(refusal { try v1.load(bad) } == .EINVAL)
      #expect(refusal { try v1.set(.running) } == .EINVAL)
    }
  }
}
