import Glibc
import Testing
import VFIO

@testable import Migration

/// Records of conversations: written, read back, cut and altered.
@Suite struct ConversationFileTests {
  private let folder = Folder()
  private static let identity = ConversationIdentity(
    program: "proxy", listening: "/tmp/a", serving: "/tmp/b", began: 1_000_000)

  private func message(
    _ id: UInt16, _ payload: [UInt8], _ sender: WireMessage.Sender = .client, descriptors: Int = 0
  ) -> WireMessage {
    let header = WireHeader(
      id: id, command: 9, payload: payload.count, flags: sender == .client ? .command : .reply, errorNumber: 5)
    return WireMessage(sender: sender, header: header, payload: payload, descriptorCount: descriptors)
  }

  private var pieces: [ConversationPiece] {
    [
      .message(message(1, [1, 2, 3], descriptors: 2), at: .nanoseconds(1)),
      .message(message(1, [], .server), at: .seconds(3) + .nanoseconds(7)),
      .end("the client has left", at: .seconds(4)),
      .message(message(2, [UInt8](repeating: 7, count: 70_000)), at: .seconds(4)),
    ]
  }

  private func write(_ name: String, limit: Int? = nil, isFinished: Bool = true) throws -> [UInt8] {
    var identity = Self.identity
    identity.limit = limit
    let writer = try ConversationWriter(path: folder.file(name), identity: identity)
    for piece in pieces {
      switch piece {
      case .message(let message, let elapsed): try writer.add(message, at: elapsed)
      case .end(let how, let elapsed): try writer.end(how, at: elapsed)
      }
    }
    if isFinished { try writer.finish() }
    return try folder.contents(name)
  }

  /// What can be read of these bytes, and what ends it.
  private func read(_ bytes: [UInt8]) throws -> (pieces: [ConversationPiece], fault: StreamFault?) {
    let path = try folder.file("r", holding: bytes)
    var pieces: [ConversationPiece] = []
    do throws(StreamFault) {
      let reader = try ConversationReader(path: path)
      while let piece = try reader.next() { pieces.append(piece) }
      return (pieces, nil)
    } catch {
      return (pieces, error)
    }
  }

  @Test func comesBackAsItWas() throws {
    let bytes = try write("c")
    let found = try read(bytes)
    #expect(found.fault == nil)
    #expect(found.pieces == pieces)
    #expect(try ConversationReader(path: folder.file("c")).identity == Self.identity)
    #expect(Array(bytes.prefix(12)) == [0x89, 0x56, 0x4D, 0x53, 0x47, 0x0D, 0x0A, 0x1A, 1, 0, 0, 0])
  }

  @Test func isAsTheSpecificationSays() throws {
    let header: [UInt8] = [1, 0, 9, 0, 19, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]
    let first = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0] + header + [1, 2, 3]
    let bytes = try write("c")
    let start = 32 + Self.identity.payload.count
    #expect(Array(bytes[start..<start + 16 + first.count]) == frame(0x4753_454D, first))
  }

  @Test func keepsAsMuchOfEachPayloadAsItSays() throws {
    let found = try read(try write("c", limit: 2))
    #expect(found.fault == nil)
    let payloads = found.pieces.compactMap { if case .message(let message, _) = $0 { message.payload } else { nil } }
    #expect(payloads == [[1, 2], [], [7, 7]])
  }

  @Test func everyCutIsNoticedAndWhatIsBeforeItIsThere() throws {
    let good = Array(try write("c").prefix(600))
    let ends = try frameEnds(good)
    for count in good.indices {
      let (found, ending) = try read(Array(good.prefix(count)))
      #expect(found == Array(pieces.prefix(max(0, ends.count { $0 <= count } - 2))), "cut at \(count)")
      let fault = try #require(ending)
      let isBetween = ends.contains(count)
      if count >= ends[1] {
        #expect(fault.kind == (isBetween ? .unfinished : .altered), "cut at \(count): \(fault)")
        #expect(fault.reason.hasPrefix(isBetween ? "not finished: " : "the last record is cut: "), "\(fault)")
        #expect(fault.offset == UInt64(ends.last { $0 <= count } ?? 0), "cut at \(count): \(fault)")
      }
    }
  }

  /// Where the head and each frame end.
  private func frameEnds(_ bytes: [UInt8]) throws -> [Int] {
    var ends = [FrameFormat.headSize]
    while let last = ends.last, let length: UInt32 = bytes.little(at: last + 4) { ends.append(last + 16 + Int(length)) }
    return ends
  }

  @Test func everyByteThatIsChangedIsNoticed() throws {
    let good = try write("c", limit: 3)
    for offset in good.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = good
        bytes[offset] ^= change
        let fault = try #require(try read(bytes).fault, "byte \(offset)")
        #expect(fault.offset != nil)
        #expect(fault.kind == (offset < 8 ? .foreign : .altered), "byte \(offset): \(fault)")
      }
    }
  }

  @Test func messagesThatAreLeftOutOrChangePlacesAreNoticed() throws {
    let good = try write("c", limit: 3)
    let ends = try frameEnds(good)
    let without = Array(good[..<ends[2]] + good[ends[3]...])
    #expect(try read(without).fault?.reason == "the trailer says 3 messages; 2 are there")
    let exchanged = Array(good[..<ends[1]] + good[ends[2]..<ends[3]] + good[ends[1]..<ends[2]] + good[ends[3]...])
    #expect(try read(exchanged).fault?.reason == "a time before the one of the message before")
    let withoutEnd = Array(good[..<ends[3]] + good[ends[4]...])
    #expect(try read(withoutEnd).fault?.reason == "the SHA-256 of the trailer is not that of the messages")
    #expect(try read(good + [0]).fault?.reason == "more bytes behind the trailer")
  }

  @Test func otherFilesAreCalledSo() throws {
    #expect(try read([]).fault?.reason == "is empty, not a record of a conversation")
    #expect(try read(try smallStreamFile()).fault?.reason == "is not a record of a conversation")
    let head = ConversationFile.format.head
    let strange = [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
    for payload in [strange, [], Array(strange.prefix(31))] {
      let bytes = head + frame(0x564E_4F43, Self.identity.payload) + frame(0x4753_454D, payload)
      #expect(try read(bytes).fault?.reason == "the message can't be understood")
    }
  }

  @Test func framesThatAreNotKnownAreLeftOut() throws {
    let good = try write("c", isFinished: false)
    let ends = try frameEnds(good)
    let more = Array(good[..<ends[1]] + frame(0x4554_4F4E, [1, 2, 3]) + good[ends[1]...])
    #expect(try read(more).pieces == pieces)
  }

  @Test func aFileThatIsThereIsNotWrittenOver() throws {
    let path = try folder.file("c", holding: [1])
    let fault = try #require(throws: StreamFault.self) {
      try ConversationWriter(path: path, identity: Self.identity)
    }
    #expect(fault.reason == "is there already")
    #expect(try folder.contents("c") == [1])
  }
}
