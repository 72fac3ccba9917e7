import VFIO

/// What comes next in a conversation.
public enum ConversationPiece: Sendable, Equatable {
  /// A message, and when it came, since the conversation was first looked at.
  case message(WireMessage, at: Duration)
  /// A client's conversation has ended, and how.
  case end(String, at: Duration)
}

/// The payload of a MESG frame before the message's own payload.
struct MessageFrame {
  static let size = 16 + WireHeader.size

  let elapsed: UInt64
  let message: WireMessage

  init(_ message: WireMessage, at elapsed: Duration) {
    self.message = message
    self.elapsed = elapsed.nanoseconds
  }

  /// Reads a frame's payload; nil when it can't be one. The message has as much of its payload as was kept.
  init?(payload: [UInt8]) {
    guard let elapsed: UInt64 = payload.little(at: 0), elapsed <= Duration.mostNanoseconds,
      let sender: UInt16 = payload.little(at: 8), sender < 2,
      let descriptors: UInt16 = payload.little(at: 10), let header = WireHeader(littleEndian: payload, at: 16)
    else { return nil }
    self.elapsed = elapsed
    message = WireMessage(
      sender: sender == 0 ? .client : .server, header: header, payload: Array(payload[Self.size...]),
      descriptorCount: Int(descriptors))
  }

  /// What stands before the message's payload.
  var head: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.size)
    bytes.append(little: elapsed)
    bytes.append(little: message.sender == .client ? UInt16(0) : 1)
    bytes.append(little: UInt16(clamping: message.descriptorCount))
    bytes.append(little: UInt32(0))
    let header = message.header
    bytes.append(little: header.id)
    bytes.append(little: header.command)
    bytes.append(little: header.messageSize)
    bytes.append(little: header.flags.rawValue)
    bytes.append(little: header.errorNumber)
    return bytes
  }
}

extension WireHeader {
  fileprivate init?(littleEndian bytes: [UInt8], at offset: Int) {
    guard let id: UInt16 = bytes.little(at: offset), let command: UInt16 = bytes.little(at: offset + 2),
      let size: UInt32 = bytes.little(at: offset + 4), let flags: UInt32 = bytes.little(at: offset + 8),
      let error: UInt32 = bytes.little(at: offset + 12)
    else { return nil }
    self.init(id: id, command: command, payload: 0, flags: Flags(rawValue: flags), errorNumber: error)
    messageSize = size
  }
}

extension Duration {
  /// More than a century: no conversation lasts so long.
  static let mostNanoseconds: UInt64 = 1 << 62

  /// Whole nanoseconds; 0 when it is negative.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
  }
}
