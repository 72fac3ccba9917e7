import VFIO

/// The conversation file: what a vfio-user client and a server said to each other. This comment is the format's
/// specification.
///
/// All numbers are little endian. A file is a head and frames, laid out as those of ``StreamFile``; the magic is
/// 89 56 4D 53 47 0D 0A 1A and the version 1. It can be read while it is being written. The types, in the order they come in:
/// ```
/// "CONV"   once, first. Pairs of u32 length and text (UTF-8): a key, then its value. The keys are program (proxy,
///          serve), listening and serving (where clients connect; what is served there), began (µs since 1970, UTC) and
///          limit (see below; absent when payloads are kept whole). Keys that a reader does not know are left out by it.
/// "MESG"   one message: u64 ns since the conversation was first looked at, never less than in the frame before; u16
///          sender (0 the client, 1 the server); u16 number of descriptors that came with it; u32 0; the 16 bytes of its
///          header and the payload, as they were on the socket: whole, or the first `limit` bytes of it.
/// "LEFT"   one client's conversation has ended: u64 ns as in MESG, then how (UTF-8). Another client's may follow.
/// "LAST"   once, last. u64 number of MESG frames, u8[32] SHA-256 of the heads of all frames before this one.
/// ```
/// A MESG frame is 2 MiB at most, any other 1 MiB. Frames of other types are left out by a reader; a change that can't be
/// left out raises the version.
public enum ConversationFile {
  static let format = FrameFormat(
    magic: FrameFormat.magic("VMSG"), version: 1, name: "a record of a conversation",
    content: ([Kind.message.rawValue], 2 << 20))

  enum Kind: UInt32 {
    case identity = 0x564E_4F43  // "CONV"
    case message = 0x4753_454D  // "MESG"
    case end = 0x5446_454C  // "LEFT"
    case trailer = 0x5453_414C  // "LAST"
  }
}

/// Where a record of a conversation comes from.
public struct ConversationIdentity: Sendable, Equatable {
  /// The program's command that wrote it.
  public var program: String
  /// Where clients connect.
  public var listening: String
  /// What is served there: a device, or the socket of another server.
  public var serving: String
  /// When it began, in µs since 1970, UTC.
  public var began: UInt64
  /// The most bytes of a payload that are kept; nil when each is whole.
  public var limit: Int?

  /// An identity with these values.
  public init(program: String, listening: String, serving: String, began: UInt64, limit: Int? = nil) {
    self.program = program
    self.listening = listening
    self.serving = serving
    self.began = began
    self.limit = limit
  }

  private enum Key {
    static let program = "program"
    static let listening = "listening"
    static let serving = "serving"
    static let began = "began"
    static let limit = "limit"
  }

  var payload: [UInt8] {
    let entries = [
      (Key.program, program), (Key.listening, listening), (Key.serving, serving), (Key.began, String(began)),
    ]
    return KeyedTexts(entries + (limit.map { [(Key.limit, String($0))] } ?? [])).payload
  }

  /// Reads a payload; nil when it is not of this form.
  init?(payload: [UInt8]) {
    guard let texts = KeyedTexts(payload: payload), let program = texts[Key.program].first else { return nil }
    let limit = texts[Key.limit].first.map { Int($0) }
    if case .some(.none) = limit { return nil }
    self.init(
      program: program, listening: texts[Key.listening].first ?? "", serving: texts[Key.serving].first ?? "",
      began: texts[Key.began].first.flatMap { UInt64($0) } ?? 0, limit: limit ?? nil)
  }
}
