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
    return try receiveMessage(header, descriptors, limit: limit, until: deadline)
  }

  /// Receives what follows a header. `malformed` when its size can't be, and then nothing was received.
  func receiveMessage(
    _ header: WireHeader, _ descriptors: [PassedDescriptor], limit: Int, until deadline: ContinuousClock.Instant?
  ) throws(WireError) -> ReceivedMessage {
    guard let size = header.payloadSize else {
      throw .malformed("a message says that it has \(header.messageSize) bytes, less than its header")
    }
    guard size <= limit else {
      throw .malformed("a message says that it has \(header.messageSize) bytes, more than the other side may send")
    }
    return ReceivedMessage(header: header, payload: try receive(size, until: deadline), descriptors: descriptors)
  }

  /// Receives the next `count` bytes.
  func receive(_ count: Int, until deadline: ContinuousClock.Instant?) throws(WireError) -> [UInt8] {
    guard count > 0 else { return [] }
    var failure: WireError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(WireError) {
        try receive(UnsafeMutableRawBufferPointer(buffer), until: deadline)
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
