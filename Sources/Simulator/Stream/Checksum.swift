/// The stream's checksum. Every step can be undone, so no change of a single word goes unseen.
struct Checksum: Sendable {
  /// Bytes are added in multiples of this.
  static let stride = 32
  private static let factor: UInt64 = 0x9E37_79B1_85EB_CA87

  // Four sums beside each other: the processor works on them at the same time.
  private var first: UInt64 = 1
  private var second: UInt64 = 2
  private var third: UInt64 = 3
  private var fourth: UInt64 = 4

  /// Adds bytes; what is left over behind whole strides is not looked at.
  mutating func add(_ bytes: RawSpan) {
    var offset = 0
    while offset + Self.stride <= bytes.byteCount {
      first = Self.step(first, bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      second = Self.step(second, bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
      third = Self.step(third, bytes.unsafeLoadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
      fourth = Self.step(fourth, bytes.unsafeLoadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
      offset += Self.stride
    }
  }

  var value: UInt64 {
    [first, second, third, fourth].reduce(0) { SplitMix64.mixed($0 &* Self.factor ^ $1) }
  }

  private static func step(_ sum: UInt64, _ word: UInt64) -> UInt64 {
    let product = (sum ^ word) &* factor
    return product << 31 | product >> 33
  }
}
