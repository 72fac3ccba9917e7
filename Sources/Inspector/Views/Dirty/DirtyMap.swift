import Terminal
import VFIO

/// Where the dirty pages are, a cell for one or more pages: hot when they have just been written, fading until they are
/// cold. Colours only repeat what the shades say.
struct DirtyMap {
  private let dirty: DirtyStatus

  init(_ dirty: DirtyStatus) {
    self.dirty = dirty
  }

  func draw(on canvas: inout Canvas, in area: Rectangle) {
    guard area.height >= 3 else { return }
    let inside = canvas.box(area, title: title(canvas.glyphs))
    let width = "0x".count + hexadecimal(dirty.range.iova + (dirty.range.length - 1)).count + 1
    let (addresses, cells) = inside.split(columns: width)
    let grid = PageGrid(pageCount: dirty.pageCount, width: cells.width, height: cells.height, stretch: 2)
    for row in 0..<grid.rowCount {
      let first = dirty.range.iova + UInt64(grid.pages(inRow: row).lowerBound) * dirty.pageSize
      canvas.put(
        "0x\(hexadecimal(first))", row: addresses.row + row, column: addresses.column, style: .dim, within: addresses)
      for (column, pages) in grid.cells(inRow: row).enumerated() {
        let heat = dirty.heat(of: pages)
        canvas.put(
          canvas.glyphs.shade(heat), row: cells.row + row, column: cells.column + column, style: style(heat),
          within: cells)
      }
    }
  }

  private func title(_ glyphs: Glyphs) -> String {
    "Pages: \(glyphs.shades[4]) just written, \(glyphs.shades[3]) \(glyphs.shades[2]) \(glyphs.shades[1]) longer ago"
  }

  private func style(_ heat: Double) -> Style { heat > 0.9 ? .accent : heat >= 1.0 / 3 ? .warning : .dim }
}
