/// A part of a canvas, in rows and columns counted from 0 at the top left.
public struct Rectangle: Hashable, Sendable {
  /// The first row.
  public var row: Int
  /// The first column.
  public var column: Int
  /// Rows, never negative.
  public let height: Int
  /// Columns, never negative.
  public let width: Int

  /// A rectangle; a negative height or width counts as 0.
  public init(row: Int, column: Int, height: Int, width: Int) {
    self.row = row
    self.column = column
    self.height = max(0, height)
    self.width = max(0, width)
  }

  /// The row below the last.
  public var endRow: Int { row + height }
  /// The column after the last.
  public var endColumn: Int { column + width }
  /// The rows inside.
  public var rows: Range<Int> { row..<endRow }
  /// The columns inside.
  public var columns: Range<Int> { column..<endColumn }

  /// Whether a place lies inside.
  public func contains(row: Int, column: Int) -> Bool {
    rows.contains(row) && columns.contains(column)
  }

  /// What both have in common; empty if they do not meet.
  public func clipped(to other: Rectangle) -> Rectangle {
    let row = max(row, other.row)
    let column = max(column, other.column)
    return Rectangle(
      row: row, column: column,
      height: min(endRow, other.endRow) - row, width: min(endColumn, other.endColumn) - column)
  }

  /// The inside of a border this many cells wide.
  public func inset(by cells: Int = 1) -> Rectangle {
    Rectangle(row: row + cells, column: column + cells, height: height - 2 * cells, width: width - 2 * cells)
  }

  /// Cuts at a row: the first `rows` of it, and the rest. A negative number counts from the bottom.
  public func split(rows: Int) -> (top: Rectangle, bottom: Rectangle) {
    let cut = min(max(0, rows < 0 ? height + rows : rows), height)
    return (
      Rectangle(row: row, column: column, height: cut, width: width),
      Rectangle(row: row + cut, column: column, height: height - cut, width: width)
    )
  }

  /// Cuts at a column: the first `columns` of it, and the rest. A negative number counts from the right.
  public func split(columns: Int) -> (left: Rectangle, right: Rectangle) {
    let cut = min(max(0, columns < 0 ? width + columns : columns), width)
    return (
      Rectangle(row: row, column: column, height: height, width: cut),
      Rectangle(row: row, column: column + cut, height: height, width: width - cut)
    )
  }
}
