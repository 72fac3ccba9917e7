import CNcurses

/// Text from anywhere, made safe to show: it cannot act on the terminal, and the columns it takes are known.
///
/// Control characters become visible (`ESC` is `␛`, or `?` in ASCII); so do bidirectional overrides, invisible
/// formatting, private and unassigned characters. Combining marks stay with their letter, two at most.
public struct SafeText: Hashable, Sendable {
  /// One character as a terminal shows it.
  public struct Piece: Hashable, Sendable {
    /// A printable character and the marks that join it.
    public internal(set) var text: String
    /// Columns: 1 or 2.
    public let width: Int
  }

  /// The characters in order.
  public private(set) var pieces: [Piece] = []

  /// Makes text safe.
  /// - Parameter isASCII: whether the terminal shows only ASCII; everything else is then `?`, or a sign that is like it.
  public init(_ text: String, isASCII: Bool = false) {
    pieces.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars { append(scalar, isASCII: isASCII) }
  }

  init(pieces: [Piece]) {
    self.pieces = pieces
  }

  /// The columns it takes.
  public var width: Int { pieces.reduce(0) { $0 + $1.width } }

  /// It as a string.
  public var string: String { pieces.reduce(into: "") { $0 += $1.text } }

  /// As much of it as fits; text that is cut ends in the ellipsis.
  public func fitted(to columns: Int, ellipsis: String) -> SafeText {
    guard width > columns else { return self }
    let tail = SafeText(ellipsis)
    guard columns >= tail.width else { return SafeText(pieces: []) }
    var room = columns - tail.width
    let kept = pieces.prefix { piece in
      room -= piece.width
      return room >= 0
    }
    return SafeText(pieces: kept + tail.pieces)
  }

  /// Whether a terminal may act on this character, or show nothing for it, wherever it is.
  public static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    // Variation selectors change the width on some terminals and not on others.
    default: (0xFE00...0xFE0F).contains(scalar.value) || (0xE0100...0xE01EF).contains(scalar.value)
    }
  }

  private mutating func append(_ scalar: Unicode.Scalar, isASCII: Bool) {
    if scalar.value >= 0x20 && scalar.value < 0x7F {
      pieces.append(Piece(text: String(scalar), width: 1))
    } else if isASCII {
      if !scalar.isCombining { pieces.append(Piece(text: Self.likeness[scalar] ?? "?", width: 1)) }
    } else if let standIn = scalar.standIn {
      pieces.append(Piece(text: String(standIn), width: 1))
    } else if scalar.columns > 0 {
      pieces.append(Piece(text: String(scalar), width: scalar.columns))
    } else {
      join(scalar)
    }
  }

  /// Signs of ours outside ASCII that have a likeness within it.
  private static let likeness: [Unicode.Scalar: String] = [
    "→": ">", "←": "<", "↑": "^", "↓": "v", "µ": "u", "×": "x", "–": "-", "…": "~", "·": "|",
  ]

  /// ncurses keeps few marks with a letter, and a pile of them spills over other lines: more than two are left out.
  private mutating func join(_ mark: Unicode.Scalar) {
    guard let last = pieces.indices.last, pieces[last].text != " " else {
      return pieces.append(Piece(text: "\u{FFFD}", width: 1))
    }
    if pieces[last].text.unicodeScalars.count <= 2 { pieces[last].text.unicodeScalars.append(mark) }
  }
}

extension Unicode.Scalar {
  /// Lines, blocks and the dots of plots, the usual ones outside ASCII, are known to take one column.
  fileprivate var columns: Int { isDrawing ? 1 : Int(cn_width(value)) }

  private var isDrawing: Bool { (0x2500..<0x25A0).contains(value) || (0x2800..<0x2900).contains(value) }

  fileprivate var isCombining: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: true
    default: false
    }
  }

  /// What is shown in place of a character that cannot be shown; nil if it can.
  fileprivate var standIn: Unicode.Scalar? {
    switch value {
    case 0..<0x20: return Unicode.Scalar(0x2400 + value)
    case 0x7F: return "\u{2421}"
    case 0x2500..<0x25A0, 0x2800..<0x2900: return nil
    default: return SafeText.isUnsafe(self) || columns < 0 ? "\u{FFFD}" : nil
    }
  }
}
