import Terminal

extension Canvas {
  /// A box in the middle of an area, over what is there.
  ///
  /// - Returns: the inside, with a column of air at both sides.
  mutating func overlay(_ title: String, rows: Int, in area: Rectangle) -> Rectangle {
    let width = min(area.width - 4, 72)
    let height = min(area.height, rows + 2)
    let frame = Rectangle(
      row: area.row + (area.height - height) / 2, column: area.column + (area.width - width) / 2, height: height,
      width: width)
    fill(frame)
    let inside = box(frame, title: title, style: .focusedBorder)
    return Rectangle(row: inside.row, column: inside.column + 1, height: inside.height, width: inside.width - 2)
  }
}
