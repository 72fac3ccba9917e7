import Glibc
import Testing
import VFIO

@testable import Migration

/// Files that are looked into.
@Suite struct CaptureTests {
  private let folder = Folder()

  @Test func theDataOfAStreamFileLieInOnePiece() throws {
    let capture = try Capture(path: folder.file("s", holding: smallStreamFile()))
    #expect(capture.count == 11)
    #expect(capture.identity == someIdentity)
    #expect(capture.fault == nil)
    for start in 0..<12 {
      for count in 0..<13 {
        let expected = Array([UInt8](1...11).dropFirst(start).prefix(count))
        #expect(try capture.read(at: UInt64(start), count: count) == expected, "\(count) bytes at \(start)")
      }
    }
  }

  @Test func chunksKeepTheirPlacesAndPhases() throws {
    let capture = try Capture(path: folder.file("s", holding: smallStreamFile()))
    let chunks = try capture.chunks(from: 0, count: 10)
    #expect(chunks.map(\.start) == [0, 3, 4])
    #expect(chunks.map(\.count) == [3, 1, 7])
    #expect((0..<3).map { capture.phase(ofChunk: $0) } == ["pre-copy", "pre-copy", "stop-copy"])
    #expect(try (0..<11).map { try capture.chunk(at: $0)?.index } == [0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2])
    #expect(try capture.chunk(at: 11) == nil)
  }

  @Test func plainBytesAreTakenAsTheyAre() throws {
    let capture = try Capture(path: folder.file("s", holding: [9, 8, 7]))
    #expect(capture.identity == nil)
    #expect(try capture.read(at: 1, count: 5) == [8, 7])
    #expect(try capture.sha256() == sha256([9, 8, 7]))
    let empty = try Capture(path: folder.file("e", holding: []))
    #expect(empty.count == 0)
    #expect(try empty.read(at: 0, count: 5) == [])
  }

  @Test func aStreamFileCanBeTakenAsPlainBytes() throws {
    let bytes = try smallStreamFile()
    let capture = try Capture(path: folder.file("s", holding: bytes), asPlainBytes: true)
    #expect(try capture.read(at: 0, count: bytes.count) == bytes)
  }

  @Test func theGoodPartOfADamagedFileIsThere() throws {
    var bytes = try smallStreamFile()
    let last = try #require(bytes.indices.first { bytes[$0...].starts(with: [9, 10, 11]) }) + 2
    bytes[last] = 12
    let capture = try Capture(path: folder.file("s", holding: bytes))
    #expect(capture.fault?.kind == .altered)
    #expect(try capture.read(at: 0, count: 100) == [1, 2, 3, 4])
  }

  @Test func theGoodPartOfACutFileIsThere() throws {
    let bytes = try smallStreamFile()
    let last = try #require(bytes.indices.first { bytes[$0...].starts(with: [9, 10, 11]) }) + 2
    let capture = try Capture(path: folder.file("s", holding: Array(bytes[..<last])))
    #expect(capture.fault?.kind == .unfinished)
    #expect(capture.count == 4)
  }

  @Test func aFileThatShrinksMeanwhileIsAFault() throws {
    let path = try folder.file("s", holding: [UInt8](repeating: 1, count: 100))
    let capture = try Capture(path: path)
    truncate(path, 10)
    let fault = try #require(throws: StreamFault.self) { try capture.read(at: 5, count: 20) }
    #expect(fault.offset == 10)
  }

  @Test func whatCanNotBeReadTwiceIsRefused() throws {
    mkfifo(folder.file("pipe"), 0o600)
    for path in ["-", folder.file("pipe"), "/dev/null", folder.path] {
      let fault = try #require(throws: StreamFault.self) { try Capture(path: path) }
      #expect(fault.kind == .refused, "\(path)")
    }
  }

  @Test func aPatternIsFoundAcrossWindows() throws {
    let pattern: [UInt8] = [1, 2, 3]
    for place in [0, 1, 65_533, 65_534, 65_535, 65_536, 131_072] {
      var bytes = [UInt8](repeating: 0, count: 200_000)
      bytes.replaceSubrange(place..<place + 3, with: pattern)
      #expect(try Sample(bytes).firstOffset(of: pattern, from: 0) == UInt64(place))
      #expect(try Sample(bytes).firstOffset(of: pattern, from: UInt64(place) + 1) == nil)
    }
  }

  private func sha256(_ bytes: [UInt8]) -> String {
    var sha = SHA256()
    sha.update(bytes.span.bytes)
    return sha.finish()
  }
}
