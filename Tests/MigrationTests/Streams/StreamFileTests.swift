import Glibc
import Synchronization
import Testing
import VFIO

@testable import Migration

/// Stream files that are as they should be.
@Suite struct StreamFileTests {
  private let folder = Folder()

  @Test func aStreamComesBackAsItWasWritten() throws {
    let path = try folder.file("s", holding: smallStreamFile())
    let reader = try StreamFileReader(path: path)
    #expect(reader.identity == someIdentity)
    #expect(
      try pieces(reader) == [
        "pre-copy", "[1, 2, 3]", "[4]", "stop-copy", "[5, 6, 7, 8, 9, 10, 11]",
      ])
    var buffer: [UInt8] = []
    #expect(try reader.nextPart(into: &buffer) == nil)
  }

  @Test func theSummaryIsTheSameForWriterAndReader() throws {
    let clock = Mutex(ContinuousClock.now)
    let sink = MemorySink()
    let writer = try StreamFileWriter(
      sink, identity: someIdentity, checksums: .sha256, clock: { clock.withLock { $0 } })
    clock.withLock { $0 += .microseconds(1500) }
    try writer.begin(phase: .v2(.preCopy))
    try writer.chunk([UInt8](repeating: 7, count: 300).span.bytes)
    clock.withLock { $0 += .seconds(2) }
    try writer.begin(phase: .v2(.stopCopy))
    try writer.chunk(([8, 9] as [UInt8]).span.bytes)
    try writer.chunk(([10] as [UInt8]).span.bytes)
    let written = try writer.finish(finalState: .v2(.stopCopy))

    #expect(written.bytes == 303)
    #expect(written.chunks == 3)
    #expect(written.largestChunk == 300)
    #expect(written.finalState == "stop-copy")
    #expect(written.phases.map(\.state) == ["pre-copy", "stop-copy"])
    #expect(written.phases.map(\.bytes) == [300, 3])
    #expect(written.phases.map(\.chunks) == [1, 2])
    #expect(written.phases.map(\.start) == [.microseconds(1500), .microseconds(2_001_500)])
    #expect(written.isComplete)
    #expect(sink.isFinished)
    #expect(try StreamFile.verify(path: folder.file("s", holding: sink.bytes)) == written)
  }

  @Test func theSHA256IsThatOfTheChunksTogether() throws {
    var sha = SHA256()
    sha.update([UInt8](1...11).span.bytes)
    let path = try folder.file("s", holding: smallStreamFile())
    #expect(try StreamFile.verify(path: path).sha256 == sha.finish())
  }

  @Test func aStreamMayBeEmpty() throws {
    let path = try folder.file("s", holding: streamFile([], finalState: nil))
    let summary = try StreamFile.verify(path: path)
    #expect(summary.bytes == 0)
    #expect(summary.finalState == nil)
    #expect(summary.isComplete)
  }

  @Test func emptyChunksAreLeftOut() throws {
    let path = try folder.file("s", holding: streamFile([(.v1(.stopCopy), [[], [1], []])]))
    #expect(try StreamFile.verify(path: path).chunks == 1)
  }

  @Test func aChunkOf16MiBGoesThrough() throws {
    var numbers = SeededNumbers(seed: 3)
    var chunk = [UInt8](repeating: 0, count: 16 << 20)
    for offset in stride(from: 0, to: chunk.count, by: 4096) { chunk[offset] = .random(in: 0...255, using: &numbers) }
    let sink = try FileSink(path: folder.file("s"))
    let writer = try StreamFileWriter(sink, identity: someIdentity)
    try writer.chunk(chunk.span.bytes)
    _ = try writer.finish(finalState: nil)
    let reader = try StreamFileReader(path: folder.file("s"))
    var buffer: [UInt8] = []
    let isTheSame = try reader.nextChunk(into: &buffer) == chunk
    #expect(isTheSame)
  }

  @Test(arguments: [Checksums.none, .crc32c, .sha256])
  func aChunkThatCameInPartsIsOneChunk(_ checksums: Checksums) throws {
    let chunk = [UInt8](1...100)
    let bytes = try streamFile([(.v1(.stopCopy), [chunk, [7]])], checksums: checksums, part: 30)
    let path = try folder.file("s", holding: bytes)
    let summary = try StreamFile.verify(path: path)
    #expect(summary.chunks == 2)
    #expect(summary.largestChunk == 100)
    #expect(summary.phases.map(\.bytes) == [101])
    #expect(try pieces(StreamFileReader(path: path)) == ["stop-copy", "\(chunk)", "[7]"])
    let capture = try Capture(path: path)
    #expect(try capture.read(at: 98, count: 10) == [99, 100, 7])
    #expect(capture.chunkCount == 2)
  }

  @Test func aFileOfTheFirstVersionIsRead() throws {
    var head = StreamFile.magic
    head.append(little: UInt32(1))
    head.append(little: CRC32C(head.span.bytes).value)
    let bytes = try head + streamFile([(.v1(.stopCopy), [[1, 2, 3]])])[StreamFile.headSize...]
    #expect(try StreamFile.verify(path: folder.file("s", holding: bytes)).bytes == 3)
  }

  @Test func aStreamCanBeReadWhileItIsBeingWritten() throws {
    let sink = try FileSink(path: folder.file("s"))
    let writer = try StreamFileWriter(sink, identity: someIdentity)
    try writer.begin(phase: .v2(.preCopy))
    try writer.chunk(([1, 2, 3] as [UInt8]).span.bytes)
    try writer.flush()
    let reader = try StreamFileReader(path: folder.file("s.part"))
    let fault = try #require(throws: StreamFault.self) { try reader.readAll() }
    #expect(fault.kind == .unfinished)
    #expect(fault.reason == "not finished: 3 bytes in 1 chunk so far, and no trailer")
    #expect(reader.summary.bytes == 3)
    #expect(!reader.summary.isComplete)
    try writer.chunk(([4] as [UInt8]).span.bytes)
    _ = try writer.finish(finalState: nil)
    #expect(try StreamFile.verify(path: folder.file("s")).bytes == 4)
  }

  @Test func framesAndKeysThatAreNotKnownAreLeftOut() throws {
    let bytes = try smallStreamFile()
    var identity = IdentityFrame(someIdentity, .sha256).payload
    for text in ["serial", "12"] {
      identity.append(little: UInt32(text.utf8.count))
      identity += text.utf8
    }
    let end = StreamFile.headSize + StreamFrame.headSize + IdentityFrame(someIdentity, .sha256).payload.count
    let other =
      StreamFile.head + frame(StreamFrame.Kind.identity.rawValue, identity) + frame(0x4554_4F4E, [1, 2, 3])
      + bytes[end...]
    let path = try folder.file("s", holding: other)
    #expect(try StreamFile.verify(path: path).bytes == 11)
    #expect(try StreamFileReader(path: path).identity == someIdentity)
  }

  @Test func withoutChecksumsThereIsNoSHA256() throws {
    let path = try folder.file("s", holding: smallStreamFile(checksums: .none))
    let summary = try StreamFile.verify(path: path)
    #expect(summary.sha256 == "")
    #expect(summary.bytes == 11)
  }

  @Test func withCRC32CAloneThereIsNoSHA256AndAnAlteredByteIsSeen() throws {
    var bytes = try smallStreamFile(checksums: .crc32c)
    let path = try folder.file("s", holding: bytes)
    let summary = try StreamFile.verify(path: path)
    #expect(summary.sha256 == "")
    #expect(summary.checksums == .crc32c)
    #expect(summary.bytes == 11)
    let place = try #require(bytes.firstRange(of: [5, 6, 7, 8])).lowerBound
    bytes[place] ^= 1
    let altered = try folder.file("altered", holding: bytes)
    let fault = #expect(throws: StreamFault.self) { try StreamFile.verify(path: altered) }
    #expect(fault?.kind == .altered)
  }

  @Test func rawBytesAreTheChunksAndNothingElse() throws {
    let sink = MemorySink()
    let writer: any StreamWriter = RawStreamWriter(sink)
    try writer.begin(phase: .v1(.stopCopy))
    try writer.chunk(([1, 2] as [UInt8]).span.bytes)
    try writer.chunk(([3] as [UInt8]).span.bytes)
    let summary = try writer.finish(finalState: .v1(.stop))
    #expect(sink.bytes == [1, 2, 3])
    #expect(summary.chunks == 2)
    #expect(summary.sha256 == "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
    #expect(summary.finalState == "stop")
  }

  private func pieces(_ reader: StreamFileReader) throws -> [String] {
    var pieces: [String] = []
    var buffer: [UInt8] = []
    var phases = 0
    while let chunk = try reader.nextChunk(into: &buffer) {
      pieces += reader.summary.phases.dropFirst(phases).map(\.state)
      phases = reader.summary.phases.count
      pieces.append("\(chunk)")
    }
    return pieces
  }
}
