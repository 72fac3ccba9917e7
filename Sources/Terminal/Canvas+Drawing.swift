extension Canvas {
  /// Puts text in one row. What lies outside the rectangle is not drawn; a wide character that is cut in half leaves
  /// a blank.
  /// - Parameter clip: the area that may change; the whole canvas if nil.
  /// - Returns: the column after the text, whether or not it was drawn.
  @discardableResult
  public mutating func put(
    _ text: String, row: Int, column: Int, style: Style = .normal, within clip: Rectangle? = nil
  ) -> Int {
    put(SafeText(text, isASCII: glyphs.isASCII), row: row, column: column, style: style, within: clip)
  }

  /// The same for text that is known to be safe.
  @discardableResult
  public mutating func put(
    _ text: SafeText, row: Int, column: Int, style: Style = .normal, within clip: Rectangle? = nil
  ) -> Int {
    let area = (clip ?? bounds).clipped(to: bounds)
    var column = column
    for piece in text.pieces {
      if area.rows.contains(row) { put(piece, row: row, column: column, style: style, area: area) }
      column += piece.width
    }
    return column
  }

  private mutating func put(_ piece: SafeText.Piece, row: Int, column: Int, style: Style, area: Rectangle) {
    let columns = column..<column + piece.width
    if columns.clamped(to: area.columns) == columns {
      set(piece, row: row, column: column, style: style)
    } else {
      for column in columns where area.columns.contains(column) {
        set(SafeText.Piece(text: " ", width: 1), row: row, column: column, style: style)
      }
    }
  }

  /// Puts text at the left of a rectangle's first row; text that does not fit ends in an ellipsis.
  @discardableResult
  public mutating func putFitted(_ text: String, in area: Rectangle, style: Style = .normal) -> Int {
    put(fitted(text, to: area.width), row: area.row, column: area.column, style: style, within: area)
  }

  /// Puts text at the right of a rectangle's first row; text that does not fit ends in an ellipsis.
  public mutating func putRight(_ text: String, in area: Rectangle, style: Style = .normal) {
    let text = fitted(text, to: area.width)
    put(text, row: area.row, column: area.endColumn - text.width, style: style, within: area)
  }

  /// Puts text in the middle of a rectangle's first row; text that does not fit ends in an ellipsis.
  public mutating func putCentered(_ text: String, in area: Rectangle, style: Style = .normal) {
    let text = fitted(text, to: area.width)
    put(text, row: area.row, column: area.column + (area.width - text.width) / 2, style: style, within: area)
  }

  /// Puts text over as many rows as it needs and the rectangle has, broken at spaces.
  /// - Returns: the rows used.
  @discardableResult
  public mutating func putWrapped(_ text: String, in area: Rectangle, style: Style = .normal) -> Int {
    let lines = SafeText.lines(of: text, columns: area.width, isASCII: glyphs.isASCII).prefix(area.height)
    for (offset, line) in lines.enumerated() {
      put(line, row: area.row + offset, column: area.column, style: style, within: area)
    }
    return lines.count
  }

  private func fitted(_ text: String, to columns: Int) -> SafeText {
    SafeText(text, isASCII: glyphs.isASCII).fitted(to: columns, ellipsis: glyphs.ellipsis)
  }

  /// Fills an area with one character of one column.
  public mutating func fill(_ area: Rectangle, with text: String = " ", style: Style = .normal) {
    guard let piece = SafeText(text, isASCII: glyphs.isASCII).pieces.first, piece.width == 1 else { return }
    let area = area.clipped(to: bounds)
    for row in area.rows {
      for column in area.columns { set(piece, row: row, column: column, style: style) }
    }
  }

  /// A line to the right.
  public mutating func horizontalLine(row: Int, columns: Range<Int>, style: Style = .border) {
    let area = Rectangle(row: row, column: columns.lowerBound, height: 1, width: columns.count)
    fill(area, with: glyphs.horizontal, style: style)
  }

  /// A line downwards.
  public mutating func verticalLine(column: Int, rows: Range<Int>, style: Style = .border) {
    let area = Rectangle(row: rows.lowerBound, column: column, height: rows.count, width: 1)
    fill(area, with: glyphs.vertical, style: style)
  }

  /// A box along the edge of an area, with a title in its top line. Needs two rows and two columns.
  /// - Returns: the inside.
  @discardableResult
  public mutating func box(_ area: Rectangle, title: String = "", style: Style = .border) -> Rectangle {
    guard area.height >= 2, area.width >= 2 else { return area.inset() }
    let (bottom, right) = (area.endRow - 1, area.endColumn - 1)
    for row in [area.row, bottom] { horizontalLine(row: row, columns: area.columns, style: style) }
    for column in [area.column, right] { verticalLine(column: column, rows: area.rows, style: style) }
    put(glyphs.topLeft, row: area.row, column: area.column, style: style)
    put(glyphs.topRight, row: area.row, column: right, style: style)
    put(glyphs.bottomLeft, row: bottom, column: area.column, style: style)
    put(glyphs.bottomRight, row: bottom, column: right, style: style)
    if !title.isEmpty && area.width > 4 {
      let room = Rectangle(row: area.row, column: area.column + 1, height: 1, width: area.width - 2)
      putFitted(" \(title) ", in: room, style: style.isSelected ? Style.title.selected : .title)
    }
    return area.inset()
  }
}
