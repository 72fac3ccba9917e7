/// The marks that plots are drawn with. Each cell holds dots; the more, the finer the line.
public enum PlotGlyphs: String, CaseIterable, Sendable {
  /// 2 × 4 dots in a cell. The finest, but not every font has them.
  case braille
  /// Blocks of eighths, filled up to the line.
  case block
  /// The letters of the lines.
  case ascii

  /// Dots in a cell, side by side.
  var dotColumns: Int { self == .braille ? 2 : 1 }

  /// Dots in a cell, one over the other.
  var dotRows: Int {
    switch self {
    case .braille: 4
    case .block: 8
    case .ascii: 1
    }
  }

  /// The set after this one, and after the last the first.
  public var next: PlotGlyphs {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  static let eighths: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The bits of a braille character, from the bottom up: those of the left column, then those of the right.
  private static let bits: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]

  /// The braille character with these dots: in each of its two columns a range of rows, counted from the bottom.
  static func braille(_ columns: [ClosedRange<Int>?]) -> UInt32 {
    zip(bits, columns).reduce(0) { pattern, column in
      guard let rows = column.1 else { return pattern }
      return column.0[rows].reduce(pattern) { $0 | $1 }
    }
  }

  /// The character of a pattern of dots.
  static func character(braille pattern: UInt32) -> Character {
    Character(Unicode.Scalar(0x2800 + (pattern & 0xFF)) ?? " ")
  }
}
