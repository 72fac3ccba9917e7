import Glibc
import VFIO

/// Writes a conversation down, each message at once: `ConversationFile` says what is in the file.
public final class ConversationWriter {
  private let descriptor: StreamDescriptor
  private let limit: Int
  private var heads = SHA256()
  private var messages: UInt64 = 0

  /// Makes the file, readable by its owner only: a device's memory may hold secrets.
  ///
  /// - Throws: a fault when there is a file of this name already, or it can't be made.
  public convenience init(path: String, identity: ConversationIdentity) throws(StreamFault) {
    do throws(StreamFault) {
      try self.init(StreamDescriptor(opening: path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600), identity)
    } catch {
      throw error.errno?.rawValue == EEXIST ? StreamFault(path, .taken, "is there already") : error
    }
  }

  init(_ descriptor: StreamDescriptor, _ identity: ConversationIdentity) throws(StreamFault) {
    self.descriptor = descriptor
    limit = identity.limit ?? .max
    let head = ConversationFile.format.head
    try descriptor.write(head.span.bytes, RawSpan())
    try write(.identity, identity.payload, [])
  }

  /// The next message, which came at `elapsed` since the conversation was first looked at.
  ///
  /// - Throws: a fault when it can't be written. The file then ends with the message before, and nothing more can be
  ///   written to it.
  public func add(_ message: WireMessage, at elapsed: Duration) throws(StreamFault) {
    try write(.message, MessageFrame(message, at: elapsed).head, message.payload.prefix(limit))
    messages += 1
  }

  /// A client's conversation has ended.
  public func end(_ how: String, at elapsed: Duration) throws(StreamFault) {
    var payload: [UInt8] = []
    payload.append(little: elapsed.nanoseconds)
    try write(.end, payload, Array(how.utf8)[...])
  }

  /// There is nothing more to come.
  public func finish() throws(StreamFault) {
    var payload: [UInt8] = []
    payload.append(little: messages)
    try write(.trailer, payload + heads.digest(), [])
  }

  /// Takes the file away.
  public func abandon() {
    unlink(descriptor.name)
  }

  private func write(
    _ kind: ConversationFile.Kind, _ head: [UInt8], _ body: ArraySlice<UInt8>
  ) throws(StreamFault) {
    var checksum = CRC32C(head.span.bytes)
    checksum.update(body.span.bytes)
    let frame = StreamFrame(type: kind.rawValue, length: head.count + body.count, checksum: checksum.value).head
    let start = descriptor.position
    do throws(StreamFault) {
      // In one call, so that whoever reads meanwhile hardly ever finds half a message.
      try descriptor.write([UInt8](bytes: frame.span.bytes) + head, body)
    } catch {
      _ = ftruncate(descriptor.number, off_t(start))
      throw error
    }
    if kind != .trailer { heads.update(frame.span.bytes) }
  }
}

extension [UInt8] {
  fileprivate init(bytes: RawSpan) { self = bytes.withUnsafeBytes(Array.init) }
}

extension StreamDescriptor {
  fileprivate func write(_ head: [UInt8], _ body: ArraySlice<UInt8>) throws(StreamFault) {
    try write(head.span.bytes, body.span.bytes)
  }
}
