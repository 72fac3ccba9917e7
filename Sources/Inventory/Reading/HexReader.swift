/// Walks over ASCII bytes and takes hexadecimal numbers off them, either case.
struct HexReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  /// The number that begins here, of at least one and at most `digits` digits; nil when there is none or it is longer.
  mutating func number(upTo digits: Int) -> UInt32? {
    var value: UInt32 = 0
    var count = 0
    while let byte = rest.first, let digit = hexDigit(byte) {
      guard count < digits, count < 8 else { return nil }
      value = value << 4 | UInt32(digit)
      count += 1
      rest.removeFirst()
    }
    return count > 0 ? value : nil
  }

  /// Steps over `character` when it comes next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }
}

/// The value of one hexadecimal digit, or nil.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// Puts hexadecimal numbers, in lower case, and ASCII characters one after the other.
struct HexWriter {
  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

  /// The last so many digits of a number.
  mutating func number(_ number: UInt32, digits: Int) {
    for place in (0..<digits).reversed() {
      let digit = UInt8(truncatingIfNeeded: number >> (4 * UInt32(place)) & 0xf)
      byte(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  mutating func character(_ character: Unicode.Scalar) { byte(UInt8(ascii: character)) }

  private mutating func byte(_ byte: UInt8) {
    buffer[count] = byte
    count += 1
  }
}
