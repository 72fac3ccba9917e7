/// The lines of a plot as cells, without labels: what is seen where.
struct PlotRaster: Hashable, Sendable {
  /// What a line shows in a cell.
  struct Cell: Hashable, Sendable {
    var character: Character
    var style: Style
  }

  /// Rows from the top; nil where no line passes.
  private(set) var cells: [[Cell?]]

  /// The lines over this time, in so many cells.
  init(_ plot: TimePlot, over span: ClosedRange<Double>, height: Int, width: Int, _ glyphs: PlotGlyphs) {
    let (height, width) = (max(0, height), max(0, width))
    let lines = plot.series.map {
      PlotLine(
        $0.points, over: span, plot.scale(of: $0), columns: width * glyphs.dotColumns,
        rows: height * glyphs.dotRows)
    }
    cells = (0..<height).map { row in
      (0..<width).map { Self.cell(lines, plot.series, column: $0, row: height - 1 - row, glyphs) }
    }
    for (line, series) in zip(lines, plot.series).reversed() {
      guard let end = line.end else { continue }
      let row = height - 1 - end.row / glyphs.dotRows
      cells[row][end.column / glyphs.dotColumns] = Cell(character: series.letter, style: series.style)
    }
  }

  private static func cell(
    _ lines: [PlotLine], _ series: [TimePlot.Series], column: Int, row: Int, _ glyphs: PlotGlyphs
  ) -> Cell? {
    let dots = lines.map { $0.dots(inCell: column, row: row, glyphs) }
    guard let first = dots.firstIndex(where: { $0.contains { $0 != nil } }) else { return nil }
    let character: Character =
      switch glyphs {
      case .braille: PlotGlyphs.character(braille: dots.reduce(0) { $0 | PlotGlyphs.braille($1) })
      case .block: PlotGlyphs.eighths[dots[first].compactMap { $0?.upperBound }.max() ?? 0]
      case .ascii: series[first].letter
      }
    return Cell(character: character, style: series[first].style)
  }
}
