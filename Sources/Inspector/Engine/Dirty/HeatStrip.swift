import Terminal
import VFIO

/// Which parts of a range were written, a character a part: from nothing to all of its pages.
public struct HeatStrip {
  private let glyphs: Glyphs

  /// Drawn with what the locale of standard output allows.
  public init() {
    self.init(glyphs: .ofLocale)
  }

  init(glyphs: Glyphs) {
    self.glyphs = glyphs
  }

  /// The pages of the bitmap on `width` columns or fewer, one or more pages a column.
  public func text(_ bitmap: DirtyBitmap, width: Int) -> String {
    let count = min(width, bitmap.pageCount)
    let parts = (0..<count).map { part in
      part * bitmap.pageCount / count..<(part + 1) * bitmap.pageCount / count
    }
    return shades(of: parts, in: bitmap)
  }

  /// The same on several lines, each behind the address of its first page.
  public func map(_ bitmap: DirtyBitmap, width: Int, height: Int) -> [String] {
    let grid = PageGrid(pageCount: bitmap.pageCount, width: width, height: height)
    return (0..<grid.rowCount).map { row in
      let address = String(bitmap.addresses(of: grid.pages(inRow: row)).iova, radix: 16)
      return "0x\(address) |\(shades(of: grid.cells(inRow: row), in: bitmap))|"
    }
  }

  private func shades(of parts: [Range<Int>], in bitmap: DirtyBitmap) -> String {
    parts.map { glyphs.shade(Double(bitmap.dirtyCount(in: $0)) / Double($0.count)) }.joined()
  }
}
