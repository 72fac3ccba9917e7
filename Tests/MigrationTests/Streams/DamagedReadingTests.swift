import Testing
import VFIO

@testable import Migration

/// Stream files that are read although they are damaged, and plain bytes.
@Suite struct DamagedReadingTests {
  private let folder = Folder()

  @Test func aGoodFileGivesItsChunks() throws {
    #expect(try chunks(smallStreamFile()) == [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10, 11]])
  }

  @Test func aCutFileGivesAllUpToTheCut() throws {
    let good = try smallStreamFile()
    let all: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    var longest = 0
    for count in good.indices {
      let bytes = try chunks(Array(good.prefix(count))).flatMap { $0 }
      #expect(all.starts(with: bytes))
      #expect(bytes.count >= longest, "cut at \(count)")
      longest = bytes.count
    }
    #expect(longest == all.count)
  }

  @Test func anAlteredChunkIsGivenAsItIs() throws {
    var bytes = try smallStreamFile()
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [5, 6, 7, 8]) })
    bytes[place + 1] = 0xFF
    #expect(try chunks(bytes) == [[1, 2, 3], [4], [5, 0xFF, 7, 8, 9, 10, 11]])
  }

  @Test func anAlteredHeadAndIdentityArePassedOver() throws {
    for offset in [9, StreamFile.headSize + StreamFrame.headSize + 2] {
      var bytes = try smallStreamFile()
      bytes[offset] ^= 0x10
      #expect(try chunks(bytes).count == 3)
    }
  }

  @Test func anAlteredFrameEndsIt() throws {
    var bytes = try smallStreamFile()
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [5, 6, 7, 8]) })
    bytes[place - 5] ^= 1
    #expect(try chunks(bytes) == [[1, 2, 3], [4]])
  }

  @Test func whateverIsChangedItComesToAnEnd() throws {
    let good = try smallStreamFile()
    for offset in good.indices {
      var bytes = good
      bytes[offset] ^= 0xFF
      #expect(try chunks(bytes).flatMap { $0 }.count <= 11)
    }
  }

  @Test func aFileThatCanNotBeReadIsAFault() throws {
    let fault = #expect(throws: StreamFault.self) { try DamagedStreamReader(path: folder.file("none")) }
    #expect(fault?.errno == .ENOENT)
    #expect(throws: StreamFault.self) { try DamagedStreamReader(path: folder.path) }
  }

  @Test func plainBytesComeInChunksOfOneLength() throws {
    let path = try folder.file("x", holding: Array(0..<10))
    let reader = try RawStreamReader(path: path, chunk: 4)
    try reader.check()
    #expect(try all(reader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
    let bytes: [UInt8] = Array(0..<10)
    var digest = SHA256()
    digest.update(bytes.span.bytes)
    #expect(reader.digest == digest.finish())
  }

  private func chunks(_ bytes: [UInt8]) throws -> [[UInt8]] {
    try all(DamagedStreamReader(path: folder.file("s", holding: bytes)))
  }

  private func all(_ source: some ChunkSource) throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    var buffer: [UInt8] = []
    while let chunk = try source.nextChunk(into: &buffer) { chunks.append(chunk) }
    return chunks
  }
}
