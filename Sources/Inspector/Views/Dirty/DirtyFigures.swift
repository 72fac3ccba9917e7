import Migration
import Terminal
import VFIO

/// The figures of a watch over dirty pages, a line each.
struct DirtyFigures {
  /// Rows.
  static let height = 5
  private static let valueColumn = 12

  private let dirty: DirtyStatus

  init(_ dirty: DirtyStatus) {
    self.dirty = dirty
  }

  func draw(on canvas: inout Canvas, in area: Rectangle) {
    let last = dirty.range.iova + (dirty.range.length - 1)
    let rows: [(String, String, Style)] = [
      (
        "range", "0x\(hexadecimal(dirty.range.iova)) to 0x\(hexadecimal(last)), \(grouped(dirty.range.length)) bytes",
        .normal
      ),
      (
        "logged by", "\(dirty.log.rawValue), page size \(dirty.askedPageSize) asked, \(dirty.pageSize) granted", .normal
      ),
      ("last", lastReport, dirty.isLogging ? .live : .danger),
      ("in all", dirty.last.map { share(of: $0.unionCount) } ?? canvas.glyphs.none, .normal),
    ]
    for (offset, (name, value, style)) in rows.prefix(area.height).enumerated() {
      canvas.put(name, row: area.row + offset, column: area.column, style: .dim, within: area)
      canvas.putFitted(value, in: line(offset, of: area), style: style)
    }
    guard area.height > rows.count else { return }
    canvas.put("history", row: area.row + rows.count, column: area.column, style: .dim, within: area)
    drawHistory(on: &canvas, in: line(rows.count, of: area))
  }

  private func line(_ offset: Int, of area: Rectangle) -> Rectangle {
    Rectangle(
      row: area.row + offset, column: area.column + Self.valueColumn, height: 1, width: area.width - Self.valueColumn)
  }

  private var lastReport: String {
    guard let last = dirty.last else { return "no report yet" }
    if let failure = last.failure { return "every page has to be taken for dirty, logging failed: \(failure)" }
    return "\(share(of: last.dirtyCount)), \(size(last.rate))/s"
  }

  private func share(of count: Int) -> String {
    "\(count) of \(dirty.pageCount) pages, \(100 * count / max(1, dirty.pageCount)) %"
  }

  /// A bar a report, the newest at the right end; the highest stands for the most that was seen.
  private func drawHistory(on canvas: inout Canvas, in line: Rectangle) {
    let bars = sparkline(
      dirty.counts.suffix(line.width).map(Double.init), columns: line.width, canvas.glyphs.isASCII ? .ascii : .block)
    canvas.put(bars, row: line.row, column: line.column, style: .live, within: line)
  }
}
