import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("A data session of protocol v2")
struct V2SessionTests {
  @Test("ends with 0 in STOP_COPY, for ever, and never with ENOMSG")
  func end() throws {
    let v2 = try V2Device()
    let stream = try v2.open(.stopCopy)
    var total = 0
    while case let bytes = try stream.read(9999), !bytes.isEmpty { total += bytes.count }
    #expect(total > 256 << 10)
    for _ in 0..<3 { #expect(try stream.read(10) == []) }
  }

  @Test("says ENOMSG in PRE_COPY when there is nothing for now, and more when there is")
  func drained() throws {
    let clock = TestClock()
    let v2 = try V2Device("dirty=64K", clock: clock)
    let stream = try v2.open(.preCopy)
    _ = try stream.drain()
    for _ in 0..<3 { #expect(refusal { _ = try stream.read(10) } == .ENOMSG) }
    #expect(try stream.read(0) == [])
    clock.advance(by: .seconds(1))
    #expect(try !stream.read(10).isEmpty)
  }

  @Test("goes in one direction only")
  func direction() throws {
    let v2 = try V2Device()
    let saving = try v2.open(.preCopy)
    #expect(refusal { _ = try saving.write([1].span.bytes) } == .EBADF)
    let resuming = try v2.open(.resuming)
    #expect(refusal { _ = try resuming.read(1) } == .EBADF)
    #expect(refusal { _ = try resuming.precopyInfo() } == .EINVAL)
  }

  @Test("keeps its fd from PRE_COPY over PRE_COPY_P2P to STOP_COPY, and its stream is one")
  func oneSession() throws {
    let source = try V2Device("chunk=8K")
    let stream = try source.open(.preCopy)
    var all = try stream.read(50_000)
    #expect(try source.set(.preCopyP2P) == -1)
    all += try stream.read(50_000)
    #expect(try source.set(.preCopy) == -1)
    all += try stream.read(50_000)
    #expect(try source.set(.stopCopy) == -1)
    all += try stream.drain()
    let target = try V2Device("seed=5")
    try target.open(.resuming).fill(all)
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test(
    "is over when its states are left or the device is reset",
    arguments: [V2State.stopCopy, .preCopy, .preCopyP2P, .resuming])
  func over(state: V2State) throws {
    let v2 = try V2Device("no-data=accept")
    for end in [
      { try v2.set(.stop) },
      {
        try v2.device.reset(); return -1
      },
    ] as [() throws -> Int32] {
      let stream = try v2.open(state)
      #expect(try end() == -1)
      let dead = refusal {
        if state == .resuming { _ = try stream.write([1].span.bytes) } else { _ = try stream.read(1) }
      }
      #expect(dead == .ENODEV)
      #expect(refusal { _ = try stream.precopyInfo() } == .ENODEV)
    }
  }

  @Test("does not come back to an old fd")
  func newFD() throws {
    let v2 = try V2Device()
    let old = try v2.open(.stopCopy)
    try v2.set(.stop)
    let new = try v2.open(.stopCopy)
    #expect(refusal { _ = try old.read(1) } == .ENODEV)
    #expect(try new.read(1).count == 1)
  }

  @Test("may lose its fd at any time without harm to the device")
  func closed() throws {
    let v2 = try V2Device()
    let stream = try v2.open(.preCopy)
    _ = try stream.read(100)
    stream.close()
    stream.close()
    #expect(refusal { _ = try stream.read(1) } == .EBADF)
    #expect(refusal { _ = try stream.precopyInfo() } == .EBADF)
    try v2.set(.stopCopy)
    try v2.set(.running)
    #expect(try v2.state == .running)
  }

  @Test("has no fd but those that were given out")
  func unknownFD() throws {
    let stream = try V2Device("state=pre-copy").device.stream(taking: 4711)
    #expect(refusal { _ = try stream.read(1) } == .EBADF)
    #expect(refusal { _ = try stream.write([1].span.bytes) } == .EBADF)
  }
}

@Suite("VFIO_MIG_GET_PRECOPY_INFO")
struct PrecopyInfoTests {
  @Test("is there in PRE_COPY and PRE_COPY_P2P and EINVAL in STOP_COPY")
  func states() throws {
    let v2 = try V2Device()
    let stream = try v2.open(.preCopy)
    #expect(try stream.precopyInfo().initialBytes == 256 << 10)
    try v2.set(.preCopyP2P)
    #expect(try stream.precopyInfo().initialBytes == 256 << 10)
    try v2.set(.stopCopy)
    #expect(refusal { _ = try stream.precopyInfo() } == .EINVAL)
  }

  @Test("begins with something initial and nothing dirty; what is initial never rises", arguments: [3, 31, 5000])
  func initialFalls(step: Int) throws {
    let clock = TestClock()
    let v2 = try V2Device("dirty=64K,chunk=8K", clock: clock)
    let stream = try v2.open(.preCopy)
    var last = try stream.precopyInfo()
    #expect(last == PrecopyInfo(initialBytes: 256 << 10, dirtyBytes: 0))
    for _ in 0..<50 {
      clock.advance(by: .milliseconds(20))
      #expect(try !stream.read(step).isEmpty)
      let info = try stream.precopyInfo()
      #expect(info.initialBytes <= last.initialBytes)
      last = info
    }
    #expect(last.initialBytes < 256 << 10)
  }

  @Test("moves what is dirty up while the device runs and down while it is read")
  func dirtyMoves() throws {
    let clock = TestClock()
    let v2 = try V2Device("dirty=64K", clock: clock)
    let stream = try v2.open(.preCopy)
    _ = try stream.drain()
    #expect(try stream.precopyInfo() == PrecopyInfo(initialBytes: 0, dirtyBytes: 0))
    clock.advance(by: .seconds(1))
    let up = try stream.precopyInfo().dirtyBytes
    #expect(up > 0 && up <= 64 << 10)
    _ = try stream.read(40)
    let down = try stream.precopyInfo().dirtyBytes
    #expect(down > 0 && down < up)
    _ = try stream.drain()
    #expect(try stream.precopyInfo().dirtyBytes == 0)
  }

  @Test("is both 0 exactly when a read says ENOMSG")
  func agreesWithRead() throws {
    let v2 = try V2Device("chunk=4K")
    let stream = try v2.open(.preCopy)
    while case let info = try stream.precopyInfo(), info.initialBytes + info.dirtyBytes > 0 {
      #expect(try !stream.read(777).isEmpty)
    }
    #expect(refusal { _ = try stream.read(1) } == .ENOMSG)
  }
}
