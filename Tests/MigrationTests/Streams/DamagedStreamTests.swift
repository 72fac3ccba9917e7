import Testing
import VFIO

@testable import Migration

/// Stream files that must not be loaded.
@Suite struct DamagedStreamTests {
  private let folder = Folder()

  @Test func everyByteThatIsChangedIsNoticed() throws {
    let good = try smallStreamFile()
    for offset in good.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = good
        bytes[offset] ^= change
        let fault = try fault(bytes)
        #expect(fault.offset != nil, "byte \(offset)")
        // A changed length of a frame is noticed before it is believed.
        #expect(fault.kind == (offset < 8 ? .foreign : .altered), "byte \(offset): \(fault)")
      }
    }
  }

  @Test func everyCutIsNoticed() throws {
    let good = try smallStreamFile()
    for count in good.indices {
      let fault = try fault(Array(good.prefix(count)))
      #expect(fault.kind == (count == 0 ? .empty : .unfinished), "cut at \(count): \(fault)")
      #expect(fault.offset == UInt64(count), "cut at \(count): \(fault)")
    }
  }

  @Test func aForeignFileIsCalledSo() throws {
    #expect(try fault([]).reason == "is empty, not a stream file")
    #expect(try fault(Array("#!/bin/sh\necho hello\n".utf8)).reason == "is not a stream file")
  }

  @Test(arguments: [0, 3, UInt32.max])
  func aVersionThatIsNotKnownIsRefused(_ version: UInt32) throws {
    var head = StreamFile.magic
    head.append(little: version)
    head.append(little: CRC32C(head.span.bytes).value)
    let fault = try fault(head + [1, 2, 3])
    #expect(fault.kind == .otherVersion)
    let newer = "is a stream file of version \(version), which is newer than this program knows (1 to 2)"
    #expect(fault.reason == (version == 0 ? "says that its version is 0, and there is no version 0" : newer))
  }

  @Test(arguments: [
    StreamFrame.Kind.chunk.rawValue, StreamFrame.Kind.longChunk.rawValue, StreamFrame.Kind.phase.rawValue, 0x4554_4F4E,
  ])
  func anAbsurdLengthIsRefusedBeforeAnythingIsRead(_ type: UInt32) throws {
    let start = try Array(smallStreamFile().prefix(identityEnd))
    var head: [UInt8] = []
    for number in [type, UInt32.max, 0] { head.append(little: number) }
    head.append(little: CRC32C(head.span.bytes).value)
    let fault = try fault(start + head + [1, 2, 3])
    #expect(fault.kind == .altered)
    #expect(fault.offset == UInt64(identityEnd))
    #expect(fault.reason == "a frame of 4294967295 bytes, more than there can be")
  }

  @Test func aLongChunkThatIsNotThereTakesNoMemory() throws {
    let start = try Array(smallStreamFile().prefix(identityEnd))
    let head = StreamFrame(.chunk, length: StreamFrame.chunkLimit, checksum: 0).headBytes
    let reader = try StreamFileReader(path: folder.file("s", holding: start + head + [1, 2, 3]))
    var buffer: [UInt8] = []
    #expect(throws: StreamFault.self) { try reader.nextPart(into: &buffer) }
    #expect(buffer.count <= 1 << 20)
  }

  @Test func chunksInAnotherOrderAreNoticed() throws {
    let (a, b) = (frame(StreamFrame.Kind.chunk.rawValue, [1]), frame(StreamFrame.Kind.chunk.rawValue, [2]))
    let good = try streamFile([(.v2(.stopCopy), [[1], [2]])])
    let place = try #require(good.indices.first { good[$0...].starts(with: a + b) })
    var bytes = good
    bytes.replaceSubrange(place..<place + a.count + b.count, with: b + a)
    #expect(try fault(bytes).reason == "the SHA-256 of the trailer is not that of the chunks")
  }

  @Test func aChunkThatIsMissingIsNoticedEvenWithoutChecksums() throws {
    let good = try streamFile([(.v2(.stopCopy), [[1], [2]])], checksums: .none)
    let chunk = StreamFrame(.chunk, length: 1, checksum: 0).headBytes + [1]
    let place = try #require(good.indices.first { good[$0...].starts(with: chunk) })
    var bytes = good
    bytes.removeSubrange(place..<place + chunk.count)
    #expect(try fault(bytes).reason == "the trailer says 2 bytes in 2 chunks; what is there is 1 byte in 1 chunk")
  }

  @Test func bytesBehindTheTrailerAreNoticed() throws {
    #expect(try fault(smallStreamFile() + [0]).reason == "more bytes behind the trailer")
  }

  @Test func aSecondIdentityAndAnEmptyChunkAreRefused() throws {
    let good = try smallStreamFile()
    let start = Array(good.prefix(identityEnd))
    let identity = Array(good[StreamFile.headSize..<identityEnd])
    #expect(try fault(start + identity).reason == "a second identity")
    #expect(try fault(start + frame(StreamFrame.Kind.chunk.rawValue, [])).reason == "an empty chunk")
    #expect(
      try fault(StreamFile.head + frame(StreamFrame.Kind.chunk.rawValue, [1])).reason
        == "the first frame is not the identity")
  }

  @Test(
    arguments: [
      [], [1, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 97],
    ] as [[UInt8]])
  func anIdentityThatMakesNoSenseIsRefused(_ payload: [UInt8]) throws {
    let fault = try fault(StreamFile.head + frame(StreamFrame.Kind.identity.rawValue, payload))
    #expect(fault.reason == "the identity can't be understood")
  }

  @Test func aFileThatCanNotBeReadSaysWhy() throws {
    let missing = try #require(throws: StreamFault.self) { try StreamFile.verify(path: folder.file("none")) }
    #expect(missing.errno == .ENOENT)
    #expect(missing.description == "\(folder.file("none")): open: ENOENT (No such file or directory)")
    let directory = try #require(throws: StreamFault.self) { try StreamFile.verify(path: folder.path) }
    #expect(directory.errno?.name == "EISDIR")
  }

  @Test func randomFramesNeverDoMoreThanFault() throws {
    var numbers = SeededNumbers(seed: 4)
    let start = try Array(smallStreamFile().prefix(identityEnd))
    let types = [StreamFrame.Kind.chunk, .phase, .trailer, .identity].map(\.rawValue) + [0]
    for _ in 0..<500 {
      var bytes = start
      for _ in 0..<Int.random(in: 0...4, using: &numbers) {
        let payload = numbers.bytes(Int.random(in: 0...80, using: &numbers))
        bytes += frame(types.randomElement(using: &numbers) ?? 0, payload)
      }
      bytes += numbers.bytes(Int.random(in: 0...40, using: &numbers))
      #expect(throws: StreamFault.self) { try StreamFile.verify(path: folder.file("s", holding: bytes)) }
    }
  }

  private var identityEnd: Int {
    StreamFile.headSize + StreamFrame.headSize + IdentityFrame(someIdentity, .sha256).payload.count
  }

  private func fault(_ bytes: [UInt8]) throws -> StreamFault {
    let path = try folder.file("s", holding: bytes)
    return try #require(throws: StreamFault.self) { try StreamFile.verify(path: path) }
  }
}
