import Migration
import Terminal

extension FlowView {
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let status = flow.status
    let (sides, middle) = area.split(rows: 4)
    drawSides(FlowSide.both(of: flow, status, store), on: &canvas, in: sides)
    let (stages, below) = middle.split(rows: 3)
    let states = flow.job.source.flatMap { store.status($0)?.facts?.states.map(\.name) } ?? []
    FlowStage.draw(FlowStage.all(of: flow, status, states: states), on: &canvas, in: stages)
    var rest = Rectangle(row: below.row, column: below.column + 1, height: below.height, width: below.width - 2)
    for line in FlowWords(flow, status, store).lines(canvas.glyphs) {
      let used = canvas.putWrapped(line.text, in: rest, style: line.style)
      rest = rest.split(rows: used).bottom
    }
    drawFigures(status, on: &canvas, in: rest, store.plots)
  }

  private func drawSides(_ sides: [FlowSide], on canvas: inout Canvas, in area: Rectangle) {
    let (left, right) = area.split(columns: area.width / 2)
    for (side, place) in zip(sides, [left, right]) { side.draw(on: &canvas, in: place) }
  }

  /// A plot where there is room for one, else a line for each figure.
  private func drawFigures(_ status: FlowStatus, on canvas: inout Canvas, in area: Rectangle, _ glyphs: PlotGlyphs) {
    let plot = TimePlot(status)
    guard status.hasCourse else {
      if status.ending != nil {
        canvas.putFitted("It was over before there were figures to plot.", in: area, style: .dim)
      }
      return
    }
    let legend = TimePlot.legend(status)
    let (upper, line) = area.split(rows: legend.isEmpty ? area.height : -1)
    guard upper.height >= Canvas.smallestPlot.height else { return drawLines(plot, on: &canvas, in: area, glyphs) }
    canvas.plot(plot, in: upper, glyphs)
    canvas.putFitted(legend, in: line, style: .dim)
  }

  private func drawLines(_ plot: TimePlot, on canvas: inout Canvas, in area: Rectangle, _ glyphs: PlotGlyphs) {
    for (offset, series) in plot.series.prefix(area.height).enumerated() {
      let row = area.row + offset
      canvas.put(series.name, row: row, column: area.column, style: series.style, within: area)
      let value = series.values.last.flatMap { $0 }.map(series.text) ?? canvas.glyphs.none
      canvas.put(value, row: row, column: area.column + 10, within: area)
      let line = sparkline(
        series.values, columns: area.width - 26, canvas.glyphs.isASCII ? .ascii : glyphs)
      canvas.put(line, row: row, column: area.column + 26, style: series.style, within: area)
    }
  }
}
