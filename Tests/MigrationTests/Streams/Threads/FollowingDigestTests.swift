import Dispatch
import Glibc
import Synchronization
import Testing
import VFIO

@testable import Migration

/// The digest that is made from the file, behind whoever writes it.
@Suite struct FollowingDigestTests {
  private let folder = Folder()

  private func file() throws -> StreamDescriptor {
    try StreamDescriptor(opening: folder.file("s"), O_RDWR | O_CREAT, mode: 0o600)
  }

  @Test func isThatOfPlainBytes() throws {
    var numbers = SeededNumbers(seed: 31)
    let bytes = numbers.bytes(900_000)
    let file = try file()
    let digest = try FollowingDigest(file, from: 3, framed: false)
    try file.write(([1, 2, 3] as [UInt8]).span.bytes, RawSpan())
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + Int.random(in: 1...200_000, using: &numbers))
      try file.write(bytes.span.bytes.extracting(offset..<end), RawSpan())
      digest.follow()
      offset = end
    }
    #expect(try digest.finish() == sha256(bytes))
  }

  @Test func isThatOfTheChunksInFrames() throws {
    var numbers = SeededNumbers(seed: 32)
    let lengths = (0..<300).map { _ in Int.random(in: 1...20_000, using: &numbers) } + [700_000, 1]
    let chunks = lengths.map { [UInt8](repeating: UInt8.random(in: 0...255, using: &numbers), count: $0) }
    let sink = try FileSink(path: folder.file("s"))
    #expect(sink.written != nil)
    let writer = try StreamFileWriter(sink, identity: someIdentity)
    for chunk in chunks { try writer.chunk(chunk.span.bytes) }
    let summary = try writer.finish(finalState: nil)
    #expect(summary.sha256 == sha256(chunks.flatMap { $0 }).hexadecimal)
    #expect(try StreamFile.verify(path: folder.file("s")) == summary)
  }

  @Test func findsTheChunksHoweverTheFramesAreCut() throws {
    let file = try smallStreamFile()
    let frames = Array(file.dropFirst(StreamFile.headSize))
    for length in 1...40 {
      var (payloads, found) = (ChunkPayloads(framed: true), [UInt8]())
      for start in stride(from: 0, to: frames.count, by: length) {
        let piece = Array(frames[start...].prefix(length))
        payloads.find(in: piece.span.bytes) { bytes in bytes.withUnsafeBytes { found += $0 } }
      }
      #expect(found == Array(1...11))
    }
  }

  @Test func aFileThatIsCutMeanwhileIsAFault() throws {
    let file = try file()
    let digest = try FollowingDigest(file, from: 0, framed: false)
    try file.write([UInt8](repeating: 1, count: 1000).span.bytes, RawSpan())
    #expect(ftruncate(file.number, 10) == 0)
    let fault = try #require(throws: StreamFault.self) { try digest.finish() }
    #expect(fault.reason == "the file has become shorter while it was read")
    #expect(fault.offset == 10)
  }

  @Test func canBeGivenUp() throws {
    let file = try file()
    let digest = try FollowingDigest(file, from: 0, framed: false)
    try file.write([UInt8](repeating: 1, count: 1 << 20).span.bytes, RawSpan())
    var left: [UInt64] = []
    let fault = try #require(throws: StreamFault.self) {
      try digest.finish { bytes in
        left.append(bytes)
        return left.count < 3
      }
    }
    #expect(left == [1 << 20, 3 << 18, 2 << 18])
    #expect(fault.kind == .refused)
  }

  @Test func isReadBackOnlyWhereThatCanBeDone() throws {
    let written = try FileSink(path: folder.file("s"), replacing: false) { part throws(StreamFault) in
      try StreamDescriptor(opening: part, O_WRONLY | O_CREAT, mode: 0o600)
    }
    #expect(written.written == nil)
    let writer = try StreamFileWriter(written, identity: someIdentity)
    try writer.chunk([UInt8](1...11).span.bytes)
    #expect(try writer.finish(finalState: nil).sha256 == sha256(Array(1...11)).hexadecimal)
  }

  @Test func oneThatNobodyAsksForEndsWithItsThread() throws {
    let before = try descriptors()
    do {
      let file = try file()
      let digest = try FollowingDigest(file, from: 0, framed: false)
      for _ in 0..<64 {
        try file.write([UInt8](repeating: 1, count: 1 << 20).span.bytes, RawSpan())
        digest.follow()
      }
    }
    // The second thread holds the last descriptor of the file.
    let deadline = ContinuousClock.now + .seconds(20)
    while try descriptors() > before && ContinuousClock.now < deadline { usleep(1000) }
    #expect(try descriptors() <= before)
  }

  /// How many descriptors lead to the file.
  private func descriptors() throws -> Int {
    (0..<1024).count { number in
      var target = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/fd/\(number)", &target, target.count)
      return count > 0 && target.prefix(count).map(UInt8.init(bitPattern:)).elementsEqual(folder.file("s").utf8)
    }
  }

  private func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var sha256 = SHA256()
    sha256.update(bytes.span.bytes)
    return sha256.digest()
  }
}
