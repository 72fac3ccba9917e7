import Terminal

/// A list in which one row is selected, as far as it can be seen.
struct SelectedList {
  /// Where the selected row is seen in a list that is too long.
  enum Place {
    /// At the end, until there are enough rows before it.
    case end
    /// In the middle, so that the rows around it are seen too.
    case middle
  }

  private let rows: Range<Int>
  private let selected: Int
  private let area: Rectangle

  /// The part of so many rows that has room in `area` and has the selected one in it.
  init(_ count: Int, selected: Int, at place: Place = .end, in area: Rectangle) {
    let first =
      switch place {
      case .end: selected - area.height + 1
      case .middle: min(selected - area.height / 2, count - area.height)
      }
    rows = max(0, first)..<max(0, first, min(count, max(0, first) + area.height))
    (self.selected, self.area) = (selected, area)
  }

  /// Draws each row in its place by `row`, and marks the selected one unless nothing is to be chosen yet.
  func draw(
    on canvas: inout Canvas, marking marks: Bool = true, _ row: (inout Canvas, _ number: Int, Rectangle) -> Void
  ) {
    for (offset, number) in rows.enumerated() {
      let place = Rectangle(row: area.row + offset, column: area.column, height: 1, width: area.width)
      row(&canvas, number, place)
      if marks, number == selected { canvas.select(place) }
    }
  }
}
