/// Which pages of a range were written: bit n stands for the page at `iova + n * pageSize`, word n/64, bit n%64.
///
/// The formula printed in linux/vfio.h for DMA_LOGGING_REPORT can't be meant as it stands; QEMU and the kernel's
/// drivers use this one for both protocols.
public struct DirtyBitmap: Sendable, Equatable {
  /// The range, in the device's addresses.
  public let range: DMARange
  /// Bytes that one bit stands for.
  public let pageSize: UInt64
  /// The bits. There are as many words as hold a bit for each page; bits beyond the last page mean nothing.
  public private(set) var words: [UInt64]

  /// A bitmap with no bit set. `pageSize` must not be 0.
  public init(_ range: DMARange, pageSize: UInt64) {
    self.range = range
    self.pageSize = pageSize
    let pages = range.length / pageSize + (range.length % pageSize == 0 ? 0 : 1)
    words = [UInt64](repeating: 0, count: Int(pages / 64 + (pages % 64 == 0 ? 0 : 1)))
  }

  /// How many pages there are.
  public var pageCount: Int {
    Int(range.length / pageSize) + (range.length % pageSize == 0 ? 0 : 1)
  }

  /// How many of them were written.
  public var dirtyCount: Int { dirtyCount(in: 0..<pageCount) }

  /// Whether the page with this number was written.
  public subscript(page: Int) -> Bool {
    get { words[page / 64] & (1 << UInt64(page % 64)) != 0 }
    set {
      let bit: UInt64 = 1 << UInt64(page % 64)
      if newValue { words[page / 64] |= bit } else { words[page / 64] &= ~bit }
    }
  }

  /// Takes all bits away: a report only sets bits.
  public mutating func clear() {
    for index in words.indices { words[index] = 0 }
  }

  /// Sets all bits: when a log has failed, every page counts as written.
  public mutating func fill() {
    for index in words.indices { words[index] = .max }
  }

  /// Takes over the bits of another bitmap, which has to have the same range and page size.
  public mutating func formUnion(_ other: DirtyBitmap) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many of these pages were written.
  public func dirtyCount(in pages: Range<Int>) -> Int {
    var count = 0
    var page = pages.lowerBound
    while page < pages.upperBound {
      let end = min(pages.upperBound, (page / 64 + 1) * 64)
      let bits = words[page / 64] >> UInt64(page % 64)
      count += (end - page == 64 ? bits : bits & (1 << UInt64(end - page) - 1)).nonzeroBitCount
      page = end
    }
    return count
  }

  /// The pages that were written, those that follow each other together, lowest first.
  public var dirtyRanges: [DMARange] {
    var ranges: [DMARange] = []
    var page = 0
    while page < pageCount {
      let first = page
      while page < pageCount, self[page] { page += 1 }
      if page > first { ranges.append(addresses(of: first..<page)) }
      page += 1
    }
    return ranges
  }

  /// Where these pages lie.
  public func addresses(of pages: Range<Int>) -> DMARange {
    let start = UInt64(pages.lowerBound) * pageSize
    return DMARange(iova: range.iova + start, length: min(UInt64(pages.count) * pageSize, range.length - start))
  }

  /// Lends the words to a call that sets bits in them.
  public mutating func withMutableWords<R, E: Error>(
    _ body: (inout MutableSpan<UInt64>) throws(E) -> R
  ) throws(E) -> R {
    var span = words.mutableSpan
    return try body(&span)
  }
}
