/// A set of pages: one bit each.
struct PageSet: Sendable {
  private let pageCount: Int
  /// Made with the first page that comes in.
  private var words: [UInt64] = []
  private(set) var count = 0
  /// Where the next search begins, so that every page gets its turn.
  private var next = 0

  init(pageCount: Int) {
    self.pageCount = pageCount
  }

  mutating func insert(_ page: Int) {
    guard !contains(page) else { return }
    if words.isEmpty { words = [UInt64](repeating: 0, count: (pageCount + 63) / 64) }
    words[page / 64] |= 1 << UInt64(page % 64)
    count += 1
  }

  func contains(_ page: Int) -> Bool {
    page / 64 < words.count && words[page / 64] & 1 << UInt64(page % 64) != 0
  }

  /// Takes out the next pages that follow each other, `limit` at most. Nil when the set is empty.
  mutating func takeRun(atMost limit: Int) -> Range<Int>? {
    guard count > 0 else { return nil }
    let first = firstPage(from: next) ?? firstPage(from: 0) ?? 0
    var end = first
    while end - first < limit, contains(end) {
      words[end / 64] &= ~(1 << UInt64(end % 64))
      end += 1
    }
    count -= end - first
    next = end
    return first..<end
  }

  private func firstPage(from start: Int) -> Int? {
    guard start / 64 < words.count else { return nil }
    let rest = words[start / 64] & (~0 << UInt64(start % 64))
    if rest != 0 { return start / 64 * 64 + rest.trailingZeroBitCount }
    guard let word = words[(start / 64 + 1)...].firstIndex(where: { $0 != 0 }) else { return nil }
    return word * 64 + words[word].trailingZeroBitCount
  }
}
