/// Which pages of a range stand where in a picture of rows and columns. Rows begin at round addresses: they hold a power
/// of two of pages.
struct PageGrid: Equatable {
  /// Columns of a row; a power of two.
  let columns: Int
  /// Pages of a row; a power of two.
  let pagesInRow: Int
  private let pageCount: Int

  /// The pages on at most so many columns and rows. Where there is room a page takes up to `stretch` columns.
  init(pageCount: Int, width: Int, height: Int, stretch: Int = 1) {
    self.pageCount = pageCount
    columns = Self.powerOfTwo(atMost: max(1, width))
    let needed = max(1, (pageCount + max(1, height) - 1) / max(1, height))
    let fitting = Self.powerOfTwo(atMost: needed)
    pagesInRow = max(fitting < needed ? fitting * 2 : fitting, columns / stretch)
  }

  /// How many rows there are.
  var rowCount: Int { (pageCount + pagesInRow - 1) / pagesInRow }

  /// The pages of a row.
  func pages(inRow row: Int) -> Range<Int> {
    let first = row * pagesInRow
    return first..<min(pageCount, first + pagesInRow)
  }

  /// The pages of each column of a row, as far as there are pages.
  func cells(inRow row: Int) -> [Range<Int>] {
    let pages = pages(inRow: row)
    return (0..<columns).map { pages.lowerBound + $0 * pagesInRow / columns }
      .filter { $0 < pages.upperBound }
      .map { $0..<min(pages.upperBound, $0 + max(1, pagesInRow / columns)) }
  }

  private static func powerOfTwo(atMost number: Int) -> Int { 1 << (Int.bitWidth - 1 - number.leadingZeroBitCount) }
}
