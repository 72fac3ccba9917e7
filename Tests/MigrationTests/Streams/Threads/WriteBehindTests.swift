import Dispatch
import Testing
import VFIO

@testable import Migration

/// The writer whose work a second thread does.
@Suite struct WriteBehindTests {
  private let folder = Folder()

  @Test func theFileIsTheSameAsWithoutIt() throws {
    var numbers = SeededNumbers(seed: 21)
    let chunks = numbers.chunks()
    let now = ContinuousClock.now
    func file(_ name: String, _ wrap: (StreamFileWriter) -> any StreamWriter) throws -> [UInt8] {
      let sink = try FileSink(path: folder.file(name))
      let writer = wrap(try StreamFileWriter(sink, identity: someIdentity, checksums: .sha256, clock: { now }))
      try writer.begin(phase: .v2(.preCopy))
      for chunk in chunks.prefix(150) { try writer.chunk(chunk.span.bytes) }
      try writer.begin(phase: .v2(.stopCopy))
      for chunk in chunks.dropFirst(150) { try writer.chunk(chunk.span.bytes) }
      let summary = try writer.finish(finalState: .v2(.stop))
      #expect(summary.phases.map(\.chunks) == [150, 156])
      return try folder.contents(name)
    }
    let areEqual = try file("behind") { WriteBehind($0) } == file("direct") { $0 }
    #expect(areEqual)
    #expect(try StreamFile.verify(path: folder.file("behind")).chunks == 306)
  }

  @Test func theDeviceGoesOnWhileAChunkIsBeingWritten() throws {
    let slow = SlowWriter()
    let writer = WriteBehind(slow)
    let chunk = [UInt8](repeating: 1, count: ChunkBatch.size)
    // The first is held up in the writer, the second waits; neither keeps the caller.
    for _ in 0..<2 { try writer.chunk(chunk.span.bytes) }
    #expect(slow.entered.wait(timeout: .now() + 10) == .success)
    slow.mayGoOn.signal()
    slow.mayGoOn.signal()
    try writer.flush()
    #expect(slow.stream.chunks.count == 2)
  }

  @Test func whatIsStillToBeWrittenIsBounded() throws {
    let slow = SlowWriter()
    let (isFull, isDone) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let count = 2 * Backlog.limit / ChunkBatch.size
    DispatchQueue(label: "device").async {
      let writer = WriteBehind(slow)
      let chunk = [UInt8](repeating: 1, count: ChunkBatch.size)
      for number in 0..<count {
        if number > Backlog.limit / ChunkBatch.size { isFull.signal() }
        try? writer.chunk(chunk.span.bytes)
      }
      try? writer.flush()
      isDone.signal()
    }
    // As many as there may be go in; the next ones have to wait for the writer.
    #expect(isFull.wait(timeout: .now() + 0.3) == .timedOut)
    for _ in 0..<count { slow.mayGoOn.signal() }
    #expect(isDone.wait(timeout: .now() + 20) == .success)
    #expect(slow.stream.chunks.count == count)
  }

  @Test func aFaultComesOutLaterAndNothingIsWrittenAfterIt() throws {
    let stream = MemoryStream()
    let fault = StreamFault("s", at: 7, .system(.EIO), "write: EIO")
    stream.failing = (after: 2, fault)
    let writer = WriteBehind(stream)
    for number in 0..<5 { try writer.chunk([UInt8(number)].span.bytes) }
    #expect(throws: fault) { try writer.flush() }
    stream.failing = nil
    #expect(throws: fault) { try writer.chunk(([9] as [UInt8]).span.bytes) }
    #expect(throws: fault) { try writer.begin(phase: .v2(.stopCopy)) }
    #expect(throws: fault) { try writer.finish(finalState: nil) }
    #expect(stream.chunks == [[0], [1]])
    #expect(stream.phases == [])
  }

  /// Chunks that are copied, that fill a batch, that are longer than all that may be on its way, and one whose last
  /// part is short.
  @Test(
    arguments: [
      "v1-reference,chunk=100000,window=102400", "v1-reference,chunk=256K,window=256K",
      "v1-reference,chunk=3M,window=3M", "v1-reference,chunk=1028K,window=1028K", "v2-reference,chunk=100000",
      "v2-reference,chunk=1M",
    ], [WindowAccess.message, .map])
  func aDevicesLongChunksComeThroughWithTheirBuffers(_ address: String, _ access: WindowAccess) throws {
    let device = try SimulatedSession(address + ",size=7M,dirty=0")
    var options = TransferOptions()
    options.access = access
    device.session.step(.state(try #require(device.session.state(named: "stop"))))
    let (direct, behind) = (MemoryStream(), MemoryStream())
    #expect(SaveOperation(device.session, to: direct, options: options).run().fault == nil)
    let report = SaveOperation(device.session, to: WriteBehind(behind), options: options).run()
    #expect(report.fault == nil)
    #expect(direct.chunks.count > 2)
    let areEqual = behind.chunks == direct.chunks
    #expect(areEqual)
    #expect(Int(report.bytes) == behind.bytes.count)
  }

  @Test func anAbandonedFileLeavesNothing() throws {
    let sink = try FileSink(path: folder.file("s"))
    let writer = WriteBehind(try StreamFileWriter(sink, identity: someIdentity))
    let chunk = [UInt8](repeating: 1, count: 1 << 20)
    for _ in 0..<4 { try writer.chunk(chunk.span.bytes) }
    writer.abandon()
    #expect(folder.names == [])
  }

  @Test func aDeviceWhoseLastBytesDoNotFitOnTheDiskHasNotBeenSaved() throws {
    let device = try SimulatedSession("v2-reference,size=2M")
    let stream = MemoryStream()
    let fault = StreamFault("s", .system(.EIO), "write: EIO")
    // Whatever it has: the last chunk is one too many.
    let whole = MemoryStream()
    #expect(SaveOperation(device.session, to: whole).run().fault == nil)
    stream.failing = (after: whole.chunks.count - 1, fault)
    let report = SaveOperation(device.session, to: WriteBehind(stream)).run()
    #expect(report.fault == .stream(fault))
    #expect(device.state == "running")
  }
}

/// Waits before each chunk until it may go on.
private final class SlowWriter: StreamWriter, @unchecked Sendable {
  let stream = MemoryStream()
  let entered = DispatchSemaphore(value: 0)
  let mayGoOn = DispatchSemaphore(value: 0)

  func begin(phase: State) {}
  func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    entered.signal()
    _ = mayGoOn.wait(timeout: .now() + 20)
    try stream.chunk(bytes, left: left)
  }
  func finish(finalState: State?, onDigest: (UInt64) -> Bool) -> StreamSummary { StreamSummary() }
  func abandon() {}
}
