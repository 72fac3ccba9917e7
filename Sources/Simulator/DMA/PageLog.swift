import VFIO

/// Pages that were written since somebody last looked.
struct PageLog: Sendable {
  /// The pages in which writes are noted, bytes.
  static let pageSize: UInt64 = 4096

  /// The first address of each page.
  private var pages: Set<UInt64> = []

  /// The page that begins at `iova` was written.
  mutating func note(_ iova: UInt64) {
    pages.insert(iova)
  }

  /// Forgets what was written in `range`.
  ///
  /// - Returns: the first addresses of these pages.
  @discardableResult
  mutating func take(_ range: DMARange) -> Set<UInt64> {
    let taken = pages.filter { range.overlaps(DMARange(iova: $0, length: Self.pageSize)) }
    pages.subtract(taken)
    return taken
  }

  /// Sets the bits of the pages written in the bitmap's range, and forgets them. Whoever notes in bigger pages than the
  /// bitmap has can only say that all of such a page was written.
  mutating func report(into bitmap: inout DirtyBitmap, inPagesOf pageSize: UInt64 = pageSize) {
    for start in Set(take(bitmap.range).map { $0 & ~(pageSize - 1) }) {
      bitmap.mark(DMARange(iova: start, length: pageSize))
    }
  }
}

extension DirtyBitmap {
  /// Sets the bits of all pages that `other` touches.
  mutating func mark(_ other: DMARange) {
    guard range.overlaps(other), let last = range.last, let otherLast = other.last else { return }
    let first = Int((max(range.iova, other.iova) - range.iova) / pageSize)
    for page in first...Int((min(last, otherLast) - range.iova) / pageSize) { self[page] = true }
  }
}
