import CNcurses

/// Hands the rows of a canvas that changed to curses, which in turn writes only the cells that changed.
final class Painter {
  private struct Ink {
    let attributes: UInt32
    let pair: Int32
  }

  private let inks: [Style: Ink]
  private var shown: Canvas?
  private var size = (height: 0, width: 0)
  private var run: [UInt32] = []

  /// Needs an open screen: each pair of colours of the theme is made known to curses.
  init(theme: Theme) {
    var pairs: [[Color]: Int32] = [[.terminal, .terminal]: 0]
    var inks: [Style: Ink] = [:]
    for role in Role.allCases {
      for style in [Style(role), Style(role).selected] {
        let look = theme.appearance(of: style)
        let colors = [look.foreground, look.background]
        let pair = pairs[colors] ?? Int32(pairs.count)
        if pairs.updateValue(pair, forKey: colors) == nil {
          cn_define_pair(pair, Int32(look.foreground.rawValue), Int32(look.background.rawValue))
        }
        inks[style] = Ink(attributes: UInt32(look.attributes.rawValue), pair: pair)
      }
    }
    self.inks = inks
  }

  /// Shows as much of a canvas as a screen of this size has room for.
  func paint(_ canvas: Canvas, height: Int, width: Int) {
    let last = size == (height, width) && shown?.bounds == canvas.bounds ? shown : nil
    if last == nil { cn_erase() }
    for row in 0..<min(canvas.height, height) where last?.cells(inRow: row) != canvas.cells(inRow: row) {
      paint(canvas.cells(inRow: row).prefix(width), row: row)
    }
    (shown, size) = (canvas, (height, width))
    let cursor = canvas.cursor.flatMap { $0.row < height && $0.column < width ? $0 : nil }
    cn_show(Int32(cursor?.row ?? -1), Int32(cursor?.column ?? -1))
  }

  private func paint(_ row: ArraySlice<Cell>, row number: Int) {
    var cells = row
    // Half a wide character at the end would go to the next row.
    if let last = cells.indices.last, cells[last].width == 2 { cells[last] = .blank }
    for run in Self.runs(of: cells) {
      put(cells[run], row: number, column: run.lowerBound - cells.startIndex)
    }
  }

  /// Cuts a row where the style changes, and never within a wide character: all of it looks as its first half.
  static func runs(of cells: ArraySlice<Cell>) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = cells.startIndex
    while start < cells.endIndex {
      let style = cells[start].style
      let end = cells[start...].firstIndex { $0.width > 0 && $0.style != style } ?? cells.endIndex
      runs.append(start..<end)
      start = end
    }
    return runs
  }

  /// Writes cells of one style.
  private func put(_ cells: ArraySlice<Cell>, row: Int, column: Int) {
    guard let style = cells.first?.style, let ink = inks[style] else { return }
    run.removeAll(keepingCapacity: true)
    for cell in cells { run.append(contentsOf: cell.text.unicodeScalars.lazy.map(\.value)) }
    cn_put(Int32(row), Int32(column), run, run.count, ink.attributes, ink.pair)
  }
}
