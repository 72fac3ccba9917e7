import VFIO

/// The data session of a device that is being saved: which pages go next, and what is on its way.
///
/// While the device runs all pages go once (the initial data) and then those that have changed since. Once it has
/// stopped, the rest and the trailer go.
struct SaveSession: Sendable {
  private var writer = StreamWriter()
  private let pageCount: Int
  private let pagesPerRecord: Int
  /// The first page that has not gone once.
  private var nextInitial = 0
  /// Pages that have gone and changed since.
  private var changed: PageSet
  /// Room for header, record's head and record; made with the first bytes that go.
  private var staged: [UInt8] = []
  /// What of `staged` has not been taken yet.
  private var waiting = 0..<0
  private var waitingIsInitial = true
  /// The device has begun anew, and there was no answer yet that said so with nothing initial left.
  private var isAnew = false
  private var sentHeader = false
  private var sentTrailer = false

  /// Bytes of memory in one record; more would only take more of this machine's memory to put it together.
  private static let recordSize = 256 << 10

  /// A session with records of up to `chunk` bytes of memory, in whole pages.
  init(of memory: DeviceMemory, chunk: Int) {
    pageCount = memory.pageCount
    pagesPerRecord = min(max(1, min(chunk, Self.recordSize) / DeviceMemory.pageSize), memory.pageCount)
    changed = PageSet(pageCount: pageCount)
  }

  /// The device has changed a page.
  mutating func noteChange(of page: Int) {
    if page < nextInitial { changed.insert(page) }
  }

  /// All pages go once more, as initial data. What is on its way already still comes first.
  mutating func beginAnew() {
    nextInitial = 0
    changed = PageSet(pageCount: pageCount)
    isAnew = true
  }

  /// Gives the next bytes, `limit` at most. Fewer mean that there are no more now, or, when the device has stopped, no
  /// more at all.
  mutating func take(
    into target: inout MutableRawSpan, limit: Int, of memory: DeviceMemory, stopped: Bool
  ) -> Int {
    var given = 0
    while case let place = next(limit - given, of: memory, stopped: stopped), !place.isEmpty {
      target.copy(staged.span.bytes.extracting(place), at: given)
      given += place.count
    }
    return given
  }

  /// Gives the next bytes to `put`, piece by piece, each with its offset.
  mutating func take(
    limit: Int, of memory: DeviceMemory, stopped: Bool, _ put: (RawSpan, Int) throws(Refusal) -> Void
  ) throws(Refusal) -> Int {
    var given = 0
    while case let place = next(limit - given, of: memory, stopped: stopped), !place.isEmpty {
      try put(staged.span.bytes.extracting(place), given)
      given += place.count
    }
    return given
  }

  /// Where the next bytes are staged: not all of them, but some if there are any.
  private mutating func next(_ limit: Int, of memory: DeviceMemory, stopped: Bool) -> Range<Int> {
    guard limit > 0 else { return 0..<0 }
    if waiting.isEmpty { stage(memory, stopped: stopped) }
    let place = waiting.prefix(limit)
    waiting = waiting.dropFirst(limit)
    return place
  }

  private mutating func stage(_ memory: DeviceMemory, stopped: Bool) {
    var end = 0
    if !sentHeader {
      let room = 2 * StreamFormat.headSize + pagesPerRecord * DeviceMemory.pageSize
      staged = [UInt8](repeating: 0, count: room)
      end = put(writer.header(of: memory))
      sentHeader = true
    }
    if let pages = nextPages() {
      end += writer.record(pages, of: memory, into: &staged, at: end)
    } else if stopped, !sentTrailer {
      end = put(writer.trailer())
      sentTrailer = true
    }
    waiting = 0..<end
  }

  private mutating func nextPages() -> Range<Int>? {
    waitingIsInitial = nextInitial < pageCount
    guard waitingIsInitial else { return changed.takeRun(atMost: pagesPerRecord) }
    let pages = nextInitial..<min(nextInitial + pagesPerRecord, pageCount)
    nextInitial = pages.upperBound
    return pages
  }

  private mutating func put(_ head: [UInt8]) -> Int {
    staged.copy(head.span.bytes, at: 0)
    return head.count
  }
}

extension SaveSession {
  /// What is still to come, in bytes; exactly 0 when nothing is.
  func remaining(stopped: Bool) -> Int {
    let pages = pageCount - nextInitial + changed.count
    let heads = (pages + pagesPerRecord - 1) / pagesPerRecord
    let ends = (sentHeader ? 0 : 1) + (stopped && !sentTrailer ? 1 : 0)
    return waiting.count + pages * DeviceMemory.pageSize + (heads + ends) * StreamFormat.headSize
  }

  /// `VFIO_MIG_GET_PRECOPY_INFO`: bytes of memory, without the stream's own heads, so that the first number never
  /// rises but by a new beginning. Who asks rarely is told of that at least once.
  mutating func precopyInfo() -> PrecopyInfo {
    let initial = (pageCount - nextInitial) * DeviceMemory.pageSize + (waitingIsInitial ? waitingData : 0)
    let dirty = changed.count * DeviceMemory.pageSize + (waitingIsInitial ? 0 : waitingData)
    defer { isAnew = isAnew && initial > 0 }
    return PrecopyInfo(
      flags: isAnew ? PrecopyInfo.reinit : 0, initialBytes: UInt64(initial), dirtyBytes: UInt64(dirty))
  }

  /// Bytes of memory that are staged: what waits, less the heads in front of it.
  private var waitingData: Int {
    min(waiting.count, waiting.upperBound / DeviceMemory.pageSize * DeviceMemory.pageSize)
  }
}
