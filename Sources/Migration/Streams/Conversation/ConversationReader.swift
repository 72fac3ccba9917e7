import VFIO

/// Reads a record of a conversation from its start to its end, and checks each frame before it gives it away.
public final class ConversationReader {
  /// Where the record comes from.
  public let identity: ConversationIdentity
  /// Whether the end has been read, and everything fitted.
  public private(set) var isComplete = false

  private let source: FrameSource
  private var messages: UInt64 = 0
  private var latest: UInt64 = 0
  /// The heads' digest before the frame that is being read.
  private var headsSoFar: SHA256
  /// How a client's conversation has ended is said in a few words.
  private static let endLimit = 4096

  /// Opens a record, or takes the standard input for `-`, and reads the head and the identity.
  public convenience init(path: String) throws(StreamFault) {
    try self.init(StreamDescriptor(reading: path))
  }

  init(_ descriptor: StreamDescriptor) throws(StreamFault) {
    source = FrameSource(descriptor, ConversationFile.format)
    source.soFar = counted(0, "message")
    headsSoFar = source.heads
    try source.readHead()
    guard let frame = try source.nextFrame() else { throw source.cut() }
    guard frame.type == ConversationFile.Kind.identity.rawValue else {
      throw source.fault(.altered, "the first frame does not say where the record comes from")
    }
    guard let found = ConversationIdentity(payload: try source.payload(of: frame)) else {
      throw source.fault(.altered, "where the record comes from can't be understood")
    }
    identity = found
  }

  /// Reads on to the next message or end of a conversation.
  ///
  /// - Returns: nil after a good trailer.
  /// - Throws: a fault with the byte offset: of kind `unfinished` when the file ends between two messages, without its
  ///   trailer; `altered` when its last message is cut.
  public func next() throws(StreamFault) -> ConversationPiece? {
    while !isComplete {
      headsSoFar = source.heads
      source.soFar = counted(messages, "message")
      guard let frame = try source.nextFrame() else { throw cut() }
      switch ConversationFile.Kind(rawValue: frame.type) {
      case .message: return try readMessage(frame)
      case .end: return try readEnd(frame)
      case .trailer: try readTrailer(frame)
      case .identity: throw source.fault(.altered, "a second frame that says where the record comes from")
      case nil: _ = try payload(of: frame)
      }
    }
    return nil
  }

  /// The file ends here.
  private func cut() -> StreamFault {
    guard source.endsInFrame else { return source.cut() }
    let there = source.position - source.frameOffset
    return source.fault(
      .altered, "the last record is cut: \(there) bytes of it are there, after \(source.soFar)")
  }

  private func payload(of frame: StreamFrame) throws(StreamFault) -> [UInt8] {
    do throws(StreamFault) {
      return try source.payload(of: frame)
    } catch {
      throw error.kind == .unfinished ? cut() : error
    }
  }

  private func readMessage(_ frame: StreamFrame) throws(StreamFault) -> ConversationPiece {
    guard let found = MessageFrame(payload: try payload(of: frame)),
      // Of a message that could not be received, less is there than its header says.
      found.message.payload.count <= min(found.message.header.payloadSize ?? 0, identity.limit ?? .max)
    else { throw source.fault(.altered, "the message can't be understood") }
    messages += 1
    return .message(found.message, at: try time(found.elapsed))
  }

  private func readEnd(_ frame: StreamFrame) throws(StreamFault) -> ConversationPiece {
    let payload = try payload(of: frame)
    guard let elapsed: UInt64 = payload.little(at: 0), payload.count <= Self.endLimit else {
      throw source.fault(.altered, "the end of a conversation can't be understood")
    }
    return .end(String(decoding: payload[8...], as: UTF8.self), at: try time(elapsed))
  }

  private func time(_ elapsed: UInt64) throws(StreamFault) -> Duration {
    guard elapsed >= latest, elapsed <= Duration.mostNanoseconds else {
      throw source.fault(.altered, "a time before the one of the message before")
    }
    latest = elapsed
    return .nanoseconds(Int64(elapsed))
  }

  private func readTrailer(_ frame: StreamFrame) throws(StreamFault) {
    let payload = try payload(of: frame)
    guard let said: UInt64 = payload.little(at: 0), payload.count == 8 + SHA256.size else {
      throw source.fault(.altered, "the trailer can't be understood")
    }
    guard said == messages else {
      throw source.fault(.altered, "the trailer says \(counted(said, "message")); \(messages) are there")
    }
    guard Array(payload[8...]) == headsSoFar.digest() else {
      throw source.fault(.altered, "the SHA-256 of the trailer is not that of the messages")
    }
    guard try source.isAtEnd() else { throw source.fault(.altered, "more bytes behind the trailer") }
    isComplete = true
  }
}
