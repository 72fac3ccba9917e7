import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("Loading with protocol v2")
struct V2LoadTests {
  @Test("makes the target's memory the source's after a stop-copy", arguments: [1, 3, 5, 7] as [UInt64])
  func stopCopy(flags: UInt64) throws {
    let source = try V2Device("flags=\(flags),chunk=12K")
    try source.device.put((0..<10000).map { UInt8(truncatingIfNeeded: $0) }, at: 777)
    let target = try V2Device("flags=\(flags),seed=2")
    #expect(try target.device.memory() != source.device.memory())
    try target.open(.resuming).fill(try source.saved())
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("makes the target's memory the source's after a pre-copy in which the source went on", arguments: [5, 7])
  func preCopy(flags: Int) throws {
    let clock = TestClock()
    let source = try V2Device("flags=\(flags),dirty=100K,chunk=12K", clock: clock)
    let before = try source.device.memory()
    let stream = try source.open(.preCopy)
    var all: [UInt8] = []
    for round in 0..<10 {
      clock.advance(by: .milliseconds(300))
      all += round == 4 ? try stream.drain() : try stream.read(30_000)
      try source.device.put([UInt8(round)], at: UInt64(round) * 20_000)
    }
    try source.set(.stopCopy)
    all += try stream.drain()
    #expect(all.count > 256 << 10)
    let target = try V2Device("flags=\(flags),seed=2,chunk=4K")
    try target.open(.resuming).fill(all)
    try target.set(.stop)
    #expect(try target.device.memory() == source.device.memory())
    #expect(try target.device.memory() != before)
  }

  @Test("takes the bytes in pieces of any size", arguments: [1, 33, 4096, 1 << 20])
  func pieces(size: Int) throws {
    let source = try V2Device(size: "16K")
    let target = try V2Device("seed=2", size: "16K")
    try target.open(.resuming).fill(try source.saved(), by: size)
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("gives the same stream twice from a stopped device, and from another one with the same seed")
  func deterministic() throws {
    let v2 = try V2Device("seed=3")
    let first = try v2.saved()
    try v2.set(.stop)
    #expect(try v2.saved() == first)
    #expect(try V2Device("seed=3").saved() == first)
    #expect(try V2Device("seed=4").saved() != first)
  }

  @Test("lets a restored device go on changing its memory")
  func goesOn() throws {
    let sourceClock = TestClock()
    let source = try V2Device("dirty=4K", clock: sourceClock)
    sourceClock.advance(by: .seconds(1))
    let stream = try source.saved()
    let clock = TestClock()
    let target = try V2Device("dirty=4K", clock: clock)
    try target.open(.resuming).fill(stream)
    try target.set(.running)
    let before = try target.device.memory()
    clock.advance(by: .seconds(1))
    #expect(try target.device.memory() != before)
  }

  @Test("refuses to leave RESUMING without data, or accepts it, as the address says")
  func noData() throws {
    let strict = try V2Device()
    _ = try strict.open(.resuming)
    #expect(refusal { try strict.set(.running) } == .EINVAL)
    #expect(try strict.state == .error)
    let lax = try V2Device("no-data=accept")
    _ = try lax.open(.resuming)
    try lax.set(.running)
    #expect(try lax.state == .running)
  }

  @Test(
    "does not end well with a stream that is cut, wherever", arguments: [1, 31, 32, 33, 64, 4000, 100_000, -32, -1])
  func cut(at place: Int) throws {
    let whole = try V2Device().saved()
    let part = Array(whole.prefix(place < 0 ? whole.count + place : place))
    for (reaction, state) in [("error", V2State.error), ("stay", .resuming)] {
      let v2 = try V2Device("bad-data=\(reaction)")
      let stream = try v2.open(.resuming)
      try stream.fill(part)
      #expect(refusal { try v2.set(.running) } == .EINVAL)
      #expect(try v2.state == state)
      if state == .resuming {
        try stream.fill(Array(whole.dropFirst(part.count)))
        try v2.set(.running)
        #expect(try v2.device.memory() == V2Device().device.memory())
      } else {
        #expect(refusal { _ = try stream.write([0].span.bytes) } == .ENODEV)
      }
    }
  }

  @Test("refuses a stream with one wrong bit, wherever it is, by its end at the latest")
  func flipped() throws {
    let whole = try V2Device("chunk=8K", size: "32K").saved()
    let places = Array(0..<96) + stride(from: 96, to: whole.count, by: 1013) + (whole.count - 32..<whole.count)
    for place in places {
      var bad = whole
      bad[place] ^= 0x10
      let v2 = try V2Device("bad-data=stay", size: "32K")
      let stream = try v2.open(.resuming)
      let atOnce = refusal { try stream.fill(bad) }
      #expect(atOnce == .EINVAL || atOnce == nil)
      #expect(refusal { try v2.set(.running) } == .EINVAL, "byte \(place)")
      #expect(try v2.state == .resuming)
    }
  }

  @Test("refuses bytes behind the end, and what was good before is then bad")
  func doubled() throws {
    let whole = try V2Device().saved()
    for more in [whole, [0]] {
      let v2 = try V2Device()
      let stream = try v2.open(.resuming)
      #expect(refusal { try stream.fill(whole + more, by: whole.count) } == .EINVAL)
      #expect(refusal { try stream.fill(more) } == .EINVAL)
      #expect(refusal { try v2.set(.running) } == .EINVAL)
    }
  }

  @Test("refuses the stream of a device of another size")
  func otherSize() throws {
    let stream = try V2Device(size: "64K").saved()
    let target = try V2Device().open(.resuming)
    #expect(refusal { try target.fill(stream) } == .EINVAL)
  }
}
