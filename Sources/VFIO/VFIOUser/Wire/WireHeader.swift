import CVFIO

/// The 16 bytes before every message of vfio-user.
public struct WireHeader: Sendable, Equatable {
  /// Bytes.
  public static let size = MemoryLayout<cu_header>.size

  /// Chosen by who sends the command; the reply repeats it.
  public var id: UInt16
  /// The command's number, known or not.
  public var command: UInt16
  /// Bytes of the whole message, these 16 included.
  public var messageSize: UInt32
  /// Command or reply, and how.
  public var flags: Flags
  /// The errno of an error reply. Some servers say 0 there.
  public var errorNumber: UInt32

  /// The flags word: the type in bits 0 to 3, and two flags.
  public struct Flags: RawRepresentable, Sendable, Equatable {
    /// The word.
    public var rawValue: UInt32
    /// The word as it is.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A command that wants a reply.
    public static let command = Flags(rawValue: 0)
    /// A command whose reply is not wanted.
    public static let commandWithoutReply = Flags(rawValue: 0x10)
    /// A reply.
    public static let reply = Flags(rawValue: 1)
    /// A reply that says that the command failed.
    public static let errorReply = Flags(rawValue: 0x21)

    /// 0 is a command, 1 a reply; others mean nothing.
    public var type: UInt32 { rawValue & 0xf }
    /// Whether it is a reply.
    public var isReply: Bool { type == 1 }
    /// Whether no reply is wanted.
    public var wantsNoReply: Bool { rawValue & 0x10 != 0 }
    /// Whether the command failed. Means something in a reply alone.
    public var isError: Bool { rawValue & 0x20 != 0 }
  }

  /// The header of a message with a payload of `payload` bytes.
  public init(id: UInt16, command: UInt16, payload: Int, flags: Flags, errorNumber: UInt32 = 0) {
    self.id = id
    self.command = command
    messageSize = UInt32(clamping: Self.size + payload)
    self.flags = flags
    self.errorNumber = errorNumber
  }

  /// The header in these bytes. The caller has looked that there are 16.
  init(_ raw: cu_header) {
    id = raw.message_id
    command = raw.command
    messageSize = raw.message_size
    flags = Flags(rawValue: raw.flags)
    errorNumber = raw.error_number
  }

  var raw: cu_header {
    cu_header(
      message_id: id, command: command, message_size: messageSize, flags: flags.rawValue, error_number: errorNumber)
  }

  /// Bytes behind the header; nil when the size is less than the header's own.
  public var payloadSize: Int? { messageSize < Self.size ? nil : Int(messageSize) - Self.size }
}
