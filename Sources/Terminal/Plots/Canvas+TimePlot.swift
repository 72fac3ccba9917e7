extension Canvas {
  /// The least rows and columns that a plot can be read in.
  public static let smallestPlot = (height: 5, width: 24)

  /// Draws a plot: the names of its lines above, values at the left, times below. A canvas in ASCII uses letters.
  public mutating func plot(_ plot: TimePlot, in area: Rectangle, _ glyphs: PlotGlyphs = .braille) {
    guard area.height >= Self.smallestPlot.height, area.width >= Self.smallestPlot.width, let span = plot.span else {
      return
    }
    let (head, rest) = area.split(rows: 1)
    drawNames(plot, in: head)
    let (body, foot) = rest.split(rows: -1)
    let gutter = drawScale(plot, in: body)
    let inside = body.split(columns: gutter).right
    let lines = PlotRaster(
      plot, over: span, height: inside.height, width: inside.width, self.glyphs.isASCII ? .ascii : glyphs)
    let marks = plot.marks.compactMap { mark in
      PlotScale.dot(span.part(of: mark.time), of: inside.width).map { (mark.letter, inside.column + $0) }
    }
    for (_, column) in marks { verticalLine(column: column, rows: inside.rows) }
    draw(lines, in: inside)
    for (letter, column) in marks {
      put(String(letter), row: inside.row, column: column, style: .warning, within: inside)
    }
    let times = foot.split(columns: gutter).right
    put(plot.timeText(span.lowerBound), row: times.row, column: times.column, style: .dim, within: times)
    putRight(plot.timeText(span.upperBound), in: times, style: .dim)
  }

  private mutating func drawNames(_ plot: TimePlot, in line: Rectangle) {
    var column = line.column
    for series in plot.series {
      column = put("\(series.letter) \(series.name)", row: line.row, column: column, style: series.style, within: line)
      let value = series.values.last.flatMap { $0 }.map(series.text) ?? glyphs.none
      let top = series.hasOwnScale ? " of \(series.text(plot.scale(of: series).top))" : ""
      column = put(" \(value)\(top)", row: line.row, column: column, style: .dim, within: line) + 3
    }
  }

  /// - Returns: the columns it has taken.
  private mutating func drawScale(_ plot: TimePlot, in area: Rectangle) -> Int {
    let text = plot.series.first { !$0.hasOwnScale }?.text
    let (top, middle) = (plot.sharedScale.top, area.height / 2)
    // The middle row shows what its middle dot stands for.
    let part = 1 - Double(middle) / Double(max(1, area.height - 1))
    var labels = text.map { [(0, $0(top)), (middle, $0(top * part)), (area.height - 1, $0(0))] } ?? []
    // Rounded, they may be the same.
    if Set(labels.map(\.1)).count < labels.count { labels.remove(at: 1) }
    let width = labels.map(\.1.count).max() ?? 0
    let edge = area.column + width + 1
    verticalLine(column: edge, rows: area.rows)
    for (row, label) in labels {
      putRight(label, in: Rectangle(row: area.row + row, column: area.column, height: 1, width: width), style: .dim)
      put(glyphs.teeLeft, row: area.row + row, column: edge, style: .border, within: area)
    }
    return width + 2
  }

  private mutating func draw(_ lines: PlotRaster, in area: Rectangle) {
    for (offset, row) in lines.cells.enumerated() {
      for (column, cell) in row.enumerated() {
        guard let cell else { continue }
        put(
          String(cell.character), row: area.row + offset, column: area.column + column, style: cell.style,
          within: area)
      }
    }
  }
}
