/// The dots that a line passes: in each column of dots from the lowest to the highest, counted from the bottom.
struct PlotLine: Hashable, Sendable {
  private(set) var columns: [ClosedRange<Int>?]

  /// Joins points that lie inside `span`, oldest first; a point without a value breaks the line.
  init(
    _ points: [TimePlot.Point], over span: ClosedRange<Double>, _ scale: PlotScale, columns count: Int, rows: Int
  ) {
    columns = Array(repeating: nil, count: max(0, count))
    var last: (column: Int, row: Int)?
    for point in points {
      guard span.contains(point.time), let row = scale.dot(point.value, of: rows),
        let column = PlotScale.dot(span.part(of: point.time), of: count)
      else {
        last = nil
        continue
      }
      if let last, last.column < column { join(last, (column, row)) } else { touch(column, row...row) }
      last = (column, row)
    }
  }

  private mutating func touch(_ column: Int, _ rows: ClosedRange<Int>) {
    let old = columns[column] ?? rows
    columns[column] = min(old.lowerBound, rows.lowerBound)...max(old.upperBound, rows.upperBound)
  }

  /// Fills the columns after `start` up to `end`.
  private mutating func join(_ start: (column: Int, row: Int), _ end: (column: Int, row: Int)) {
    var row = start.row
    for column in start.column + 1...end.column {
      let part = Double(column - start.column) / Double(end.column - start.column)
      let next = start.row + Int((Double(end.row - start.row) * part).rounded())
      // A steep line goes on where it was left, without a second dot beside the last.
      touch(column, next > row ? row + 1...next : next < row ? next...row - 1 : next...next)
      row = next
    }
  }

  /// The last dot of the line.
  var end: (column: Int, row: Int)? {
    columns.lastIndex { $0 != nil }.map { ($0, columns[$0]?.upperBound ?? 0) }
  }

  /// The dots in one cell, column by column; rows of cells are counted from the bottom.
  func dots(inCell column: Int, row: Int, _ glyphs: PlotGlyphs) -> [ClosedRange<Int>?] {
    (0..<glyphs.dotColumns).map { offset in
      let (index, base) = (column * glyphs.dotColumns + offset, row * glyphs.dotRows)
      guard columns.indices.contains(index), let rows = columns[index],
        rows.overlaps(base...base + glyphs.dotRows - 1)
      else { return nil }
      let inside = rows.clamped(to: base...base + glyphs.dotRows - 1)
      return inside.lowerBound - base...inside.upperBound - base
    }
  }
}

extension ClosedRange<Double> {
  /// How far into the range a value lies, 0 to 1.
  func part(of value: Double) -> Double {
    let length = upperBound - lowerBound
    return length > 0 ? (value - lowerBound) / length : 0
  }
}
