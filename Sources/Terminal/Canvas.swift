/// One place on a canvas.
public struct Cell: Hashable, Sendable {
  /// What is shown here; empty behind a character that takes two columns.
  public let text: String
  /// How it looks.
  public var style: Style
  /// Columns of `text`: 1, 2, or 0 for the second half of a wide character.
  public let width: Int8

  static let blank = Cell(text: " ", style: .normal, width: 1)
}

/// A picture of the screen as a value. Views are functions of state that draw into one; a ``TerminalScreen`` shows it,
/// and ``text`` gives it as plain lines.
///
/// Text is made safe here (``SafeText``), and nothing is ever drawn outside the canvas or the given rectangle.
public struct Canvas: Hashable, Sendable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// The set of marks its lines are drawn with; it also decides whether text outside ASCII is shown.
  public let glyphs: Glyphs
  /// Where the terminal's own cursor is shown, for text that is being typed; nil hides it.
  public var cursor: Cursor?
  private var cells: [Cell]

  /// A place for the terminal's cursor.
  public struct Cursor: Hashable, Sendable {
    /// Counted from 0 at the top.
    public let row: Int
    /// Counted from 0 at the left.
    public let column: Int
    /// A place.
    public init(row: Int, column: Int) {
      self.row = row
      self.column = column
    }
  }

  /// An empty canvas; a negative size counts as 0.
  public init(height: Int, width: Int, glyphs: Glyphs = .utf8) {
    self.height = max(0, height)
    self.width = max(0, width)
    self.glyphs = glyphs
    cells = Array(repeating: .blank, count: self.height * self.width)
  }

  /// All of it.
  public var bounds: Rectangle { Rectangle(row: 0, column: 0, height: height, width: width) }

  /// The cell at a place; nil outside.
  public subscript(row: Int, column: Int) -> Cell? {
    bounds.contains(row: row, column: column) ? cells[row * width + column] : nil
  }

  /// The cells of a row that exists.
  func cells(inRow row: Int) -> ArraySlice<Cell> {
    cells[row * width..<(row + 1) * width]
  }

  /// The rows as plain text, without the blanks at their ends.
  public var lines: [String] {
    (0..<height).map { row in
      let cells = cells(inRow: row)
      let end = cells.lastIndex { $0.text != " " } ?? cells.startIndex - 1
      return cells[..<(end + 1)].reduce(into: "") { $0 += $1.text }
    }
  }

  /// The whole canvas as plain text, each line with its newline.
  public var text: String { lines.reduce(into: "") { $0 += $1 + "\n" } }

  /// Puts one character at a place whose columns are all on the canvas.
  mutating func set(_ piece: SafeText.Piece, row: Int, column: Int, style: Style) {
    let index = row * width + column
    clearWideCharacter(at: index)
    if piece.width == 2 { clearWideCharacter(at: index + 1) }
    cells[index] = Cell(text: piece.text, style: style, width: Int8(piece.width))
    if piece.width == 2 { cells[index + 1] = Cell(text: "", style: style, width: 0) }
  }

  /// Half a wide character cannot be shown: the other half becomes blank.
  private mutating func clearWideCharacter(at index: Int) {
    switch cells[index].width {
    case 0: cells[index - 1] = Cell(text: " ", style: cells[index - 1].style, width: 1)
    case 2: cells[index + 1] = Cell(text: " ", style: cells[index + 1].style, width: 1)
    default: break
    }
  }

  /// Changes how an area looks and leaves its text.
  public mutating func restyle(_ area: Rectangle, _ change: (inout Style) -> Void) {
    let area = area.clipped(to: bounds)
    for row in area.rows {
      for index in row * width + area.column..<row * width + area.endColumn { change(&cells[index].style) }
    }
  }

  /// Lays the selection bar over an area. It looks the same all along: colours would be blocks in it.
  public mutating func select(_ area: Rectangle) {
    restyle(area) { $0 = Style.normal.selected }
  }
}
