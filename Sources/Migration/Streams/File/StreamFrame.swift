import VFIO

/// A frame's head: what follows it, and how much.
struct StreamFrame: Equatable {
  enum Kind: UInt32 {
    case identity = 0x4E45_4449  // "IDEN"
    case phase = 0x5341_4850  // "PHAS"
    case chunk = 0x4154_4144  // "DATA"
    case longChunk = 0x474E_4F4C  // "LONG"
    case trailer = 0x5453_414C  // "LAST"
  }

  /// Bytes of a head.
  static let headSize = 16
  /// Bytes of the checksum behind a long chunk.
  static let tailSize = 4
  /// The longest chunk, in bytes.
  static let chunkLimit = 1 << 30

  /// The type's number; of frames that are not known, too.
  let type: UInt32
  /// Bytes of the payload.
  let length: UInt32
  /// The payload's CRC-32C.
  let checksum: UInt32

  var kind: Kind? { Kind(rawValue: type) }
  /// Whether its payload is a chunk.
  var isChunk: Bool { kind == .chunk || kind == .longChunk }
  /// Bytes behind the payload that belong to the frame.
  var tail: Int { kind == .longChunk ? Self.tailSize : 0 }

  init(_ kind: Kind, length: Int, checksum: UInt32) {
    self.init(type: kind.rawValue, length: length, checksum: checksum)
  }

  init(type: UInt32, length: Int, checksum: UInt32) {
    self.type = type
    self.length = UInt32(length)
    self.checksum = checksum
  }

  /// Reads a head; nil when its own checksum does not fit.
  init?(head: RawSpan) {
    func number(_ index: Int) -> UInt32 {
      UInt32(littleEndian: head.unsafeLoadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    guard head.byteCount == Self.headSize, number(3) == CRC32C(head.extracting(first: 12)).value else { return nil }
    (type, length, checksum) = (number(0), number(1), number(2))
  }

  /// The head's four numbers, as they lie in the file. There is one for each chunk, so it is kept off the heap.
  var head: InlineArray<4, UInt32> {
    var numbers: InlineArray = [type.littleEndian, length.littleEndian, checksum.littleEndian, 0]
    numbers[3] = CRC32C(numbers.span.bytes.extracting(first: 12)).value.littleEndian
    return numbers
  }
}
