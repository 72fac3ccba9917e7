import Glibc
import Testing
import VFIO

@testable import Migration

/// Stream files that are checked as a whole and then read again.
@Suite struct CheckedFileTests {
  private let folder = Folder()

  @Test func givesTheChunksFromTheStartAfterTheCheck() throws {
    var numbers = SeededNumbers(seed: 12)
    // Shorter than what is read ahead, longer than it, and just around it.
    let sizes = [1, 100, 4096, 32 << 10 - 16, 32 << 10, 32 << 10 + 1, 3, 200_000, 5]
    let chunks = sizes.map { numbers.bytes($0) }
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), chunks)]))
    let reader = try StreamFileReader(checking: path)
    #expect(try readChunks(reader) == chunks)
    #expect(try reader.summary == StreamFile.verify(path: path))
  }

  @Test func knowsWhereEachChunkLies() throws {
    var numbers = SeededNumbers(seed: 13)
    let chunks = [5, 40_000, 1, 100].map { numbers.bytes($0) }
    let file = try streamFile([(.v2(.stopCopy), chunks)])
    let reader = try StreamFileReader(path: folder.file("s", holding: file))
    var buffer: [UInt8] = []
    var found: [[UInt8]] = []
    while let count = try reader.nextChunk(into: &buffer)?.count {
      found.append(Array(file[(Int(reader.position) - count)...].prefix(count)))
    }
    #expect(found == chunks)
  }

  @Test func isRefusedAtOnceWhenItIsDamaged() throws {
    var bytes = try smallStreamFile()
    bytes[bytes.count - 80] ^= 1
    let path = try folder.file("s", holding: bytes)
    #expect(throws: StreamFault.self) { try StreamFileReader(checking: path) }
  }

  /// Longer than what is read ahead, so that the other chunks are read when they are asked for.
  private let first = [UInt8](repeating: 9, count: 100_000)

  @Test func aChunkThatChangesAfterTheCheckIsNotGivenAway() throws {
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), [first, [1, 2, 3]])]))
    let reader = try StreamFileReader(checking: path)
    var bytes = try folder.contents("s")
    bytes[try #require(bytes.indices.first { bytes[$0...].starts(with: [1, 2, 3]) })] ^= 0xFF
    try write(bytes, over: path)
    var buffer: [UInt8] = []
    #expect(try reader.nextChunk(into: &buffer) == first)
    let fault = try #require(throws: StreamFault.self) { try reader.nextChunk(into: &buffer) }
    #expect(fault.reason == "the frame's checksum does not fit")
  }

  @Test func chunksThatAreSwappedAfterTheCheckAreNoticedAtTheEnd() throws {
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), [first, [1], [2]])]))
    let reader = try StreamFileReader(checking: path)
    try write(streamFile([(.v2(.stopCopy), [first, [2], [1]])]), over: path)
    let fault = try #require(throws: StreamFault.self) { try readChunks(reader) }
    #expect(fault.reason == "the file has changed since it was checked")
  }

  @Test func anotherFileOfItsNameDoesNotTakeItsPlace() throws {
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), [[1, 2, 3]])]))
    let reader = try StreamFileReader(checking: path)
    let other = try folder.file("other", holding: streamFile([(.v2(.stopCopy), [[4, 5, 6]])]))
    #expect(rename(other, path) == 0)
    #expect(try readChunks(reader) == [[1, 2, 3]])
  }

  @Test func whatCanNotBeReadTwiceIsRefused() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }
    let fault = try #require(throws: StreamFault.self) {
      try StreamDescriptor(borrowing: ends[0], name: "pipe").rewind()
    }
    #expect(fault.errno == .ESPIPE)
  }

  private func readChunks(_ reader: StreamFileReader) throws -> [[UInt8]] {
    var (buffer, chunks): ([UInt8], [[UInt8]]) = ([], [])
    while let chunk = try reader.nextChunk(into: &buffer) { chunks.append(chunk) }
    return chunks
  }

  private func write(_ bytes: [UInt8], over path: String) throws {
    let descriptor = try StreamDescriptor(opening: path, O_WRONLY)
    try descriptor.write(bytes.span.bytes, [UInt8]().span.bytes)
  }
}
