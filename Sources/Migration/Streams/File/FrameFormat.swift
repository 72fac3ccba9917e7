import VFIO

/// A kind of file that is a head and frames: how it begins, and how long its frames can be.
struct FrameFormat: Sendable {
  /// The first bytes. As in PNG, the line ends and the end-of-text in it show a file that went through a text mode.
  let magic: [UInt8]
  /// The version that is written, and the newest that is read.
  let version: UInt32
  /// What such a file is called, with its article.
  let name: String
  /// The types of the frames that hold what the file is for, and their longest payload in bytes.
  let content: (types: [UInt32], limit: Int)

  /// The longest payload of any other frame, in bytes.
  static let otherLimit = 1 << 20
  /// Bytes of the head.
  static let headSize = 16

  /// Eight bytes that begin as no text does, with four letters in them.
  static func magic(_ letters: StaticString) -> [UInt8] {
    [0x89] + letters.withUTF8Buffer(Array.init) + [0x0D, 0x0A, 0x1A]
  }

  /// The head as it stands in a file.
  var head: [UInt8] {
    var bytes = magic
    bytes.append(little: version)
    bytes.append(little: CRC32C(bytes.span.bytes).value)
    return bytes
  }

  /// Whether a frame can be so long.
  func allows(_ frame: StreamFrame) -> Bool {
    Int(frame.length) <= (content.types.contains(frame.type) ? content.limit : Self.otherLimit)
  }
}
