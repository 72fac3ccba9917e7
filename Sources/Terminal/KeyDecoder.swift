/// One thing that curses read.
enum RawKey: Hashable, Sendable {
  /// ASCII, or a part of a character in UTF-8.
  case byte(UInt8)
  /// A number of curses for a key that sends a sequence.
  case special(Int)
  /// The mouse, known already.
  case mouse(Key)
  /// Something read that means nothing.
  case ignored
}

/// Turns what curses read into keys.
///
/// An escape sequence that the terminfo entry lacks arrives as ESC and then its letters. Those must not act as keys
/// (letters are commands): the sequence is taken as a whole, and means a key only if it is one of the usual ones, which
/// terminals also send when TERM names another kind.
struct KeyDecoder {
  private let next: () -> RawKey?
  private var putBack: RawKey?
  /// The start of a character whose other bytes have not come yet.
  private var partial: [UInt8] = []

  /// - Parameter next: the next key at hand, nil if there is none; must not wait.
  init(next: @escaping () -> RawKey?) {
    self.next = next
  }

  /// The keys at hand, at most `limit`, so that a flood of input cannot keep the screen from being drawn.
  mutating func keys(limit: Int) -> (keys: [Key], sawInput: Bool) {
    var keys: [Key] = []
    var sawInput = false
    while keys.count < limit, let raw = read() {
      sawInput = true
      if let key = key(for: raw) { keys.append(key) }
    }
    return (keys, sawInput)
  }

  private mutating func read() -> RawKey? {
    defer { putBack = nil }
    return putBack ?? next()
  }

  private mutating func key(for raw: RawKey) -> Key? {
    switch raw {
    case .byte(0x1B): return sequence().map { Self.usual[$0] } ?? .escape
    case .byte(let byte): return scalar(endingWith: byte).flatMap { Key(scalar: $0) }
    case .special(let number): return Key(curses: number)
    case .mouse(let key): return key
    case .ignored: return nil
    }
  }

  /// The character that is whole with this byte. Bytes that are no UTF-8 are dropped, and nothing else with them.
  private mutating func scalar(endingWith byte: UInt8) -> Unicode.Scalar? {
    // Only these follow others; any other byte starts anew.
    if byte & 0xC0 != 0x80 { partial = [] }
    partial.append(byte)
    var decoder = UTF8()
    var bytes = partial.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return nil }
    partial = []
    return scalar
  }

  /// Reads on after ESC: `[` up to a final letter, or `O` and one more. Anything else is the next key, and this is nil.
  private mutating func sequence() -> String? {
    switch read() {
    case .byte(UInt8(ascii: "[")): return "[" + parameters()
    case .byte(UInt8(ascii: "O")):
      guard case .byte(let byte) = read() else { return "O" }
      return "O" + String(Unicode.Scalar(byte))
    case let other:
      putBack = other
      return nil
    }
  }

  private mutating func parameters() -> String {
    var text = ""
    while let raw = read() {
      guard case .byte(let byte) = raw, (0x20..<0x7F).contains(byte) else {
        putBack = raw
        break
      }
      text.unicodeScalars.append(Unicode.Scalar(byte))
      if byte >= 0x40 { break }
    }
    return text
  }

  private static let usual: [String: Key] = [
    "[A": .up, "[B": .down, "[C": .right, "[D": .left, "[H": .home, "[F": .end, "[Z": .backTab,
    "OA": .up, "OB": .down, "OC": .right, "OD": .left, "OH": .home, "OF": .end, "OM": .enter,
    "[1~": .home, "[2~": .insert, "[3~": .delete, "[4~": .end, "[5~": .pageUp, "[6~": .pageDown, "[7~": .home,
    "[8~": .end, "OP": .function(1), "OQ": .function(2), "OR": .function(3), "OS": .function(4),
  ]
}
