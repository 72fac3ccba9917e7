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
    bitmap.shares(of: 0..<bitmap.pageCount, in: width).map(glyphs.shade).joined()
  }

  /// The same on several lines, each behind the address of its first page.
  public func map(_ bitmap: DirtyBitmap, width: Int, height: Int) -> [String] {
    bitmap.rows(width: width, height: height).map { pages in
      let address = String(bitmap.addresses(of: pages).iova, radix: 16)
      return "0x\(address) |" + bitmap.shares(of: pages, in: width).map(glyphs.shade).joined() + "|"
    }
  }
}

extension DirtyBitmap {
  /// How much was written, 0 to 1, of each part of these pages: as many parts as there are columns, or pages.
  func shares(of pages: Range<Int>, in columns: Int) -> [Double] {
    parts(of: pages, in: columns).map { Double(dirtyCount(in: $0)) / Double($0.count) }
  }

  /// The pages of each line of a picture with so many columns and at most so many lines. A page has a column of its own
  /// as long as there are enough.
  func rows(width: Int, height: Int) -> [Range<Int>] {
    let pagesInRow = max(width, (pageCount + height - 1) / height)
    return stride(from: 0, to: pageCount, by: pagesInRow).map { $0..<min(pageCount, $0 + pagesInRow) }
  }

  private func parts(of pages: Range<Int>, in columns: Int) -> [Range<Int>] {
    let count = min(columns, pages.count)
    return (0..<count).map { part in
      pages.lowerBound + part * pages.count / count..<pages.lowerBound + (part + 1) * pages.count / count
    }
  }
}
