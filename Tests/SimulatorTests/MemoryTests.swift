import Glibc
import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("A simulated device's memory")
struct MemoryTests {
  private func contents(_ memory: DeviceMemory) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: memory.size)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    memory.read(at: 0, count: memory.size, into: &raw)
    return bytes
  }

  @Test("follows from the seed")
  func seeded() {
    let one = contents(DeviceMemory(size: 1 << 16, seed: 1))
    #expect(one == contents(DeviceMemory(size: 1 << 16, seed: 1)))
    #expect(one != contents(DeviceMemory(size: 1 << 16, seed: 2)))
    let pages = stride(from: 0, to: one.count, by: 4096).map { Array(one[$0..<$0 + 4096]) }
    #expect(Set(pages).count == 16)
  }

  @Test("reads back what was written, wherever that begins and ends")
  func written() {
    var memory = DeviceMemory(size: 1 << 16, seed: 1)
    var expected = contents(memory)
    for (offset, count) in [(0, 1), (4095, 2), (5000, 9000), (1 << 16 - 1, 1), (8192, 4096), (100, 0)] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ offset) }
      let pages = memory.write(bytes.span.bytes, at: offset)
      expected.replaceSubrange(offset..<offset + count, with: bytes)
      #expect(contents(memory) == expected)
      if count > 0 { #expect(pages == offset / 4096..<(offset + count - 1) / 4096 + 1) }
    }
  }

  @Test("stores only pages that the seed does not explain")
  func stored() {
    var memory = DeviceMemory(size: 1 << 20, seed: 1)
    let original = contents(memory)
    _ = memory.write([1, 2, 3].span.bytes, at: 5000)
    _ = memory.touch()
    #expect(memory.writtenPages == 1)
    _ = memory.write(original.span.bytes, at: 0)
    #expect(memory.writtenPages == 0)
    #expect(contents(memory) == original)
  }

  @Test("that was loaded stores no more than its source's, whatever seed it had")
  func loaded() throws {
    var source = DeviceMemory(size: 1 << 20, seed: 1)
    _ = source.write([1, 2, 3].span.bytes, at: 5000)
    for _ in 0..<100 { _ = source.touch() }
    _ = source.write([4].span.bytes, at: 9000)
    var session = SaveSession(of: source, chunk: 64 << 10)
    var stream = [UInt8](repeating: 0, count: session.remaining(stopped: true))
    var span = stream.mutableSpan
    var raw = span.mutableBytes
    let length = raw.byteCount
    #expect(session.take(into: &raw, limit: length, of: source, stopped: true) == length)
    var target = DeviceMemory(size: 1 << 20, seed: 2)
    var load = LoadSession()
    try load.take(stream.span.bytes, into: &target)
    #expect(load.result == .complete)
    #expect(contents(target) == contents(source))
    #expect(target.writtenPages == source.writtenPages)
  }

  @Test("of 8G costs little, however it is used")
  func small() throws {
    let device = try SimulatedDevice.open("v2-reference,size=8G,dirty=100M")
    let before = try residentBytes()
    let bar = try device.region(0)
    #expect(bar.size == 8 << 30)
    for place in stride(from: UInt64(0), to: bar.size, by: 1 << 28) {
      _ = try device.bytes(in: bar, at: place, count: 1 << 20)
      _ = try device.write(bar, at: place, from: [42].span.bytes)
    }
    var data = [UInt8](number: V2State.preCopy.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: try #require(data.number(at: 4)))
    for _ in 0..<32 { #expect(try stream.read(1 << 20).count == 1 << 20) }
    // Other tests run in the same process; the bound is far below the device's size, not tight.
    #expect(try residentBytes() - before < 512 << 20)
  }

  private func residentBytes() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    _ = fgets(&line, 128, file)
    let fields = String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
    return try #require(Int(fields[1])) * 4096
  }
}

@Suite("A set of pages")
struct PageSetTests {
  @Test("gives its pages in runs, each once, lowest first and then around")
  func runs() {
    var set = PageSet(pageCount: 200)
    for page in [3, 4, 5, 63, 64, 65, 199, 4] { set.insert(page) }
    #expect(set.count == 7)
    #expect(set.takeRun(atMost: 2) == 3..<5)
    set.insert(0)
    #expect(set.takeRun(atMost: 10) == 5..<6)
    #expect(set.takeRun(atMost: 10) == 63..<66)
    #expect(set.takeRun(atMost: 10) == 199..<200)
    #expect(set.takeRun(atMost: 10) == 0..<1)
    #expect(set.takeRun(atMost: 10) == nil)
    #expect(set.count == 0)
  }
}

@Suite("A running device's changes")
struct DirtyingTests {
  @Test("depend on the time it ran and not on how often it is looked at")
  func steady() {
    let start = ContinuousClock.now
    var often = Dirtying(rate: 1 << 20, now: start)
    var seldom = often
    let total = (1...1000).reduce(0) { $0 + often.due(at: start + .milliseconds($1), running: true) }
    #expect(total == 256)
    #expect(seldom.due(at: start + .seconds(1), running: true) == 256)
  }

  @Test("stop with it")
  func stopped() {
    let start = ContinuousClock.now
    var dirtying = Dirtying(rate: 1 << 20, now: start)
    #expect(dirtying.due(at: start + .seconds(1), running: false) == 0)
    #expect(dirtying.due(at: start + .seconds(2), running: true) == 256)
  }

  @Test("are the same after the same history")
  func deterministic() throws {
    let memories = try (0..<2).map { _ in
      let clock = TestClock()
      let device = try V2Device("dirty=64K", clock: clock).device
      let before = try device.memory()
      clock.advance(by: .seconds(2))
      let after = try device.memory()
      #expect(before != after)
      return after
    }
    #expect(memories[0] == memories[1])
  }
}
