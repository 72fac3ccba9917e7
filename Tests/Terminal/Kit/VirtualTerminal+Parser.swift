extension VirtualTerminal {
  /// Where in a sequence the terminal is.
  enum State { case ground, escape, characterSet(Int), control, command, commandEscape }

  struct Parser {
    var state = State.ground
    var sequence: [UInt8] = []
    /// The bytes of a UTF-8 character that has not come whole.
    var character: [UInt8] = []
  }

  /// Takes what a program wrote. A sequence may come in pieces.
  mutating func feed(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { feed(byte) }
  }

  private mutating func feed(_ byte: UInt8) {
    switch parser.state {
    case .ground: ground(byte)
    case .escape: escape(byte)
    case .characterSet(let number):
      sets[number] = byte == UInt8(ascii: "0") ? .lines : .ascii
      parser.state = .ground
    case .control: control(byte)
    case .command:
      if byte == 0x07 { parser.state = .ground }
      if byte == 0x1B { parser.state = .commandEscape }
    case .commandEscape: parser.state = .ground
    }
  }

  private mutating func ground(_ byte: UInt8) {
    if byte < 0x20 || byte == 0x7F {
      controlCharacter(byte)
    } else if byte < 0x80 {
      put(Unicode.Scalar(byte))
    } else {
      parser.character.append(byte)
      if let scalar = wholeCharacter() { put(scalar) }
    }
  }

  /// The character that the bytes so far make, or a replacement once they cannot make one.
  private mutating func wholeCharacter() -> Unicode.Scalar? {
    let bytes = parser.character
    let needed = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2
    guard bytes.count == needed || bytes[0] < 0xC2 else { return nil }
    parser.character = []
    return String(decoding: bytes, as: UTF8.self).unicodeScalars.first
  }

  private mutating func controlCharacter(_ byte: UInt8) {
    switch byte {
    case 0x00: break
    case 0x07: bells += 1
    case 0x08: move(row: cursor.row, column: cursor.column - 1)
    case 0x09: move(row: cursor.row, column: (cursor.column / 8 + 1) * 8)
    case 0x0A: lineFeed()
    case 0x0D: move(row: cursor.row, column: 0)
    case 0x0E: usedSet = 1
    case 0x0F: usedSet = 0
    case 0x1B: parser.state = .escape
    default: unknown.append("control \(byte)")
    }
  }

  private mutating func escape(_ byte: UInt8) {
    parser.state = .ground
    switch UInt8(byte) {
    case UInt8(ascii: "["):
      parser.state = .control
      parser.sequence = []
    case UInt8(ascii: "]"): parser.state = .command
    case UInt8(ascii: "("): parser.state = .characterSet(0)
    case UInt8(ascii: ")"): parser.state = .characterSet(1)
    case UInt8(ascii: "7"): savedCursor = cursor
    case UInt8(ascii: "8"): move(row: savedCursor.row, column: savedCursor.column)
    case UInt8(ascii: "="): applicationKeypad = true
    case UInt8(ascii: ">"): applicationKeypad = false
    case UInt8(ascii: "M"): reverseLineFeed()
    case UInt8(ascii: "E"):
      move(row: cursor.row, column: 0)
      lineFeed()
    default: unknown.append("ESC \(Character(Unicode.Scalar(byte)))")
    }
  }

  private mutating func control(_ byte: UInt8) {
    guard (0x40...0x7E).contains(byte) else { return parser.sequence.append(byte) }
    parser.state = .ground
    let text = String(decoding: parser.sequence, as: UTF8.self)
    let prefix = text.first.flatMap { "?><=!".contains($0) ? $0 : nil }
    let numbers = text.drop { $0 == prefix }.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
    run(ControlSequence(prefix: prefix, numbers: numbers, final: Character(Unicode.Scalar(byte))))
  }
}
