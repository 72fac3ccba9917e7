/// A device's memory. Pages that a pattern makes are not stored, so a device of many GiB costs what differs.
struct DeviceMemory: Sendable {
  /// Bytes.
  static let pageSize = 4096
  /// Bytes a device may have; regions begin 2^40 apart, as the kernel places them.
  static let sizes: ClosedRange<UInt64> = 4096...(1 << 40)

  let size: Int
  private(set) var pattern: Pattern
  /// The last stamp given.
  private(set) var lastStamp: UInt64 = 0
  /// The stamps of pages that the device has changed itself; 0 otherwise.
  private var stamps: [Int: UInt64] = [:]
  /// Pages with contents of their own.
  private var written: [Int: [UInt8]] = [:]

  init(size: UInt64, seed: UInt64) {
    self.size = Int(size)
    pattern = Pattern(seed: seed)
  }

  var pageCount: Int { size / Self.pageSize }

  /// How many pages have contents of their own.
  var writtenPages: Int { written.count }

  /// Writes a whole page into `target`, from `offset` on.
  func fill(_ page: Int, into target: inout MutableRawSpan, at offset: Int) {
    if let contents = written[page] {
      target.copy(contents.span.bytes, at: offset)
    } else {
      pattern.fill(page, stamp: stamps[page] ?? 0, into: &target, at: offset)
    }
  }

  /// Gives a page new contents: one whole page.
  mutating func store(_ contents: RawSpan, at page: Int) {
    guard let stamp = pattern.stamp(of: contents, at: page) else {
      written[page] = contents.array
      return
    }
    written[page] = nil
    stamps[page] = stamp == 0 ? nil : stamp
    lastStamp = max(lastStamp, stamp)
  }

  /// The device changes a page itself: some page, always the same one after the same history.
  ///
  /// - Returns: the page.
  mutating func touch() -> Int {
    lastStamp &+= 1
    let page = Int(SplitMix64.mixed(pattern.seed &+ lastStamp) % UInt64(pageCount))
    stamps[page] = lastStamp
    written[page] = nil
    return page
  }

  /// Forgets everything; pages hold what this seed makes of them.
  mutating func reset(seed: UInt64) {
    if seed != pattern.seed { pattern = Pattern(seed: seed) }
    lastStamp = 0
    stamps = [:]
    written = [:]
  }
}

extension DeviceMemory {
  /// Reads `count` bytes that lie inside the memory into `target`, from `start` on.
  func read(at offset: Int, count: Int, into target: inout MutableRawSpan, at start: Int = 0) {
    for piece in Piece.all(offset, count) {
      let place = start + piece.inBuffer.lowerBound
      if piece.isWhole {
        fill(piece.page, into: &target, at: place)
      } else {
        target.copy(contents(of: piece.page).span.bytes.extracting(piece.inPage), at: place)
      }
    }
  }

  /// Writes bytes that lie inside the memory.
  ///
  /// - Returns: the pages that changed.
  mutating func write(_ source: RawSpan, at offset: Int) -> Range<Int> {
    for piece in Piece.all(offset, source.byteCount) {
      var page = contents(of: piece.page)
      page.copy(source.extracting(piece.inBuffer), at: piece.inPage.lowerBound)
      store(page.span.bytes, at: piece.page)
    }
    return offset / Self.pageSize..<(offset + source.byteCount + Self.pageSize - 1) / Self.pageSize
  }

  private func contents(of page: Int) -> [UInt8] {
    var contents = [UInt8](repeating: 0, count: Self.pageSize)
    var span = contents.mutableSpan
    var bytes = span.mutableBytes
    fill(page, into: &bytes, at: 0)
    return contents
  }

  /// The part of an access that falls into one page.
  private struct Piece {
    let page: Int
    let inPage: Range<Int>
    let inBuffer: Range<Int>
    var isWhole: Bool { inPage.count == pageSize }

    static func all(_ offset: Int, _ count: Int) -> some Sequence<Piece> {
      let firstPage = offset / pageSize
      let endPage = (offset + count + pageSize - 1) / pageSize
      return (firstPage..<max(firstPage, endPage)).lazy.map { page in
        let start = page * pageSize
        let place = max(offset, start)..<min(offset + count, start + pageSize)
        return Piece(
          page: page, inPage: place.lowerBound - start..<place.upperBound - start,
          inBuffer: place.lowerBound - offset..<place.upperBound - offset)
      }
    }
  }
}
