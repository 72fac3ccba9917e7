extension Canvas {
  /// The least rows and columns that a plot can be read in.
  public static let smallestPlot = (height: 5, width: 24)

  /// Draws a plot: the names of its lines above, values at the left, times below. A canvas in ASCII uses letters.
  public mutating func plot(_ plot: TimePlot, in area: Rectangle, _ glyphs: PlotGlyphs = .braille) {
    guard area.height >= Self.smallestPlot.height, area.width >= Self.smallestPlot.width, let span = plot.span else {
      return
    }
    let names = names(plot, in: area)
    let (head, rest) = area.split(rows: names.count)
    draw(names, in: head)
    // Only an odd number of rows has one in the middle, for the half of the scale.
    let height = rest.height - 1
    let (body, foot) = rest.split(rows: height - (height + 1) % 2)
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

  /// The name of a line, and what is said of its values.
  private typealias Name = (label: String, value: String, style: Style)

  /// The names in rows; in more than one when they are wide and the area is high.
  private func names(_ plot: TimePlot, in area: Rectangle) -> [[Name]] {
    var (rows, width): ([[Name]], Int) = ([[]], 0)
    for series in plot.series {
      let value = series.values.last.flatMap { $0 }.map(series.text) ?? glyphs.none
      let top = series.hasOwnScale ? " of \(series.text(plot.scale(of: series).top))" : ""
      let name = Name("\(series.letter) \(series.name)", " \(value)\(top)", series.style)
      let (columns, gap) = (name.label.count + name.value.count, width > 0 ? Self.nameGap : 0)
      if width > 0, width + gap + columns > area.width, rows.count + Self.smallestPlot.height <= area.height {
        rows.append([name])
        width = columns
      } else {
        rows[rows.count - 1].append(name)
        width += gap + columns
      }
    }
    return rows
  }

  private static let nameGap = 3

  private mutating func draw(_ names: [[Name]], in area: Rectangle) {
    for (offset, row) in names.enumerated() {
      var column = area.column
      for name in row {
        for (text, style) in [(name.label, name.style), (name.value, .dim)] where column < area.endColumn {
          let room = Rectangle(row: area.row + offset, column: column, height: 1, width: area.endColumn - column)
          column = putFitted(text, in: room, style: style)
        }
        column += Self.nameGap
      }
    }
  }

  /// - Returns: the columns it has taken.
  private mutating func drawScale(_ plot: TimePlot, in area: Rectangle) -> Int {
    let text = plot.series.first { !$0.hasOwnScale }?.text
    let (top, middle) = (plot.sharedScale.top, area.height / 2)
    var labels = text.map { [(0, $0(top)), (middle, $0(top / 2)), (area.height - 1, $0(0))] } ?? []
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
