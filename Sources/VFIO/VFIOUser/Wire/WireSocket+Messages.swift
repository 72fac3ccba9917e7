/// Looks on at a conversation: is given each message when it has been sent or received whole.
public typealias WireTap = @Sendable (WireMessage) -> Void

/// A message as it was received.
struct ReceivedMessage {
  let header: WireHeader
  let payload: [UInt8]
  let descriptors: [PassedDescriptor]
}

extension WireSocket {
  /// Receives a whole message. One whose payload is said to be larger than `limit` bytes is not, and nothing can be
  /// received after it.
  func receiveMessage(limit: Int, until deadline: ContinuousClock.Instant?) throws(WireError) -> ReceivedMessage {
    let (header, descriptors) = try receiveHeader(until: deadline)
    let payload = try receivePayload(of: header, limit: limit, until: deadline)
    return ReceivedMessage(header: header, payload: payload, descriptors: descriptors)
  }

  /// Receives what follows a header. `malformed` when its size can't be, and then nothing was received.
  func receivePayload(
    of header: WireHeader, limit: Int, until deadline: ContinuousClock.Instant?
  ) throws(WireError) -> [UInt8] {
    guard let size = header.payloadSize else {
      throw .malformed("a message says that it has \(header.messageSize) bytes, less than its header")
    }
    guard size <= limit else {
      throw .malformed("a message says that it has \(header.messageSize) bytes, more than the other side may send")
    }
    var payload = [UInt8](repeating: 0, count: size)
    var span = payload.mutableSpan
    var bytes = span.mutableBytes
    try receive(into: &bytes, until: deadline)
    return payload
  }
}
