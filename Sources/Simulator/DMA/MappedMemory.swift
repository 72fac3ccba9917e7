import VFIO

/// The memory that a device can reach, and in protocol v1 the log of what was written to it. It answers as the container
/// does (vfio_iommu_type1.c of Linux 5.15).
struct MappedMemory: Sendable {
  private static let pageSize = PageLog.pageSize
  /// 4 KiB, 2 MiB and 1 GiB, as the IOMMUs of most machines.
  private static let pageSizes: UInt64 = 1 << 12 | 1 << 21 | 1 << 30
  /// `DIRTY_BITMAP_SIZE_MAX`, bytes.
  private static let maxBitmapSize: UInt64 = 1 << 28

  private struct Piece {
    let range: DMARange
    let memory: any ReachableMemory
  }

  private let logging: Options.Logging
  private var pieces: [Piece] = []
  /// Nil when logging is off.
  private var log: PageLog?
  /// A page on its way.
  private var contents = [UInt8](repeating: 0, count: Int(Self.pageSize))

  init(logging: Options.Logging) {
    self.logging = logging
  }

  var info: AddressSpaceInfo {
    AddressSpaceInfo(
      pageSizes: Self.pageSizes,
      logging: logging == .no ? nil : .init(pageSizes: Self.pageSize, maxBitmapSize: Self.maxBitmapSize))
  }

  /// `EINVAL` for what is not whole pages, `EEXIST` when something is mapped there already.
  mutating func map(_ memory: any ReachableMemory, at iova: UInt64) throws(Refusal) {
    let range = DMARange(iova: iova, length: UInt64(memory.count))
    try check(range)
    guard !pieces.contains(where: { $0.range.overlaps(range) }) else { throw Refusal(.EEXIST) }
    pieces.append(Piece(range: range, memory: memory))
  }

  /// Everything in the range goes; `EINVAL` when that would cut a mapping, or when a bitmap is asked for while logging
  /// is off.
  mutating func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(Refusal) {
    try check(range)
    if let bitmap = dirty {
      guard log != nil, bitmap.range == range else { throw Refusal(.EINVAL) }
      try check(bitmap)
    }
    try checkCuts(of: range)
    if var bitmap = dirty {
      report(into: &bitmap)
      dirty = bitmap
    }
    pieces.removeAll { range.holds($0.range) }
    log?.take(range)
  }

  /// Nothing happens when it is on.
  mutating func startLogging() throws(Refusal) {
    try checkLogging()
    if log == nil { log = PageLog() }
  }

  /// Nothing happens when it is off.
  mutating func stopLogging() throws(Refusal) {
    try checkLogging()
    log = nil
  }

  /// `EINVAL` when logging is off, for other pages than the smallest, and for a range that cuts a mapping.
  mutating func readLog(into bitmap: inout DirtyBitmap) throws(Refusal) {
    try checkLogging()
    try check(bitmap)
    guard log != nil else { throw Refusal(.EINVAL) }
    try checkCuts(of: bitmap.range)
    report(into: &bitmap)
  }
}

extension MappedMemory {
  /// A call with arguments that may be wrong: `EINVAL` for all that `vfio_iommu_type1.c` refuses.
  mutating func attempt(_ call: DirtyCall) throws(Refusal) {
    switch call.kind {
    case .dirtyPages: try attemptDirtyPages(call)
    case .unmap: try attemptUnmap(call)
    }
  }

  private mutating func attemptDirtyPages(_ call: DirtyCall) throws(Refusal) {
    try checkLogging()
    switch call.flags {
    case DirtyCall.LogFlag.start: try startLogging()
    case DirtyCall.LogFlag.stop: try stopLogging()
    case DirtyCall.LogFlag.getBitmap:
      var bitmap = try bitmap(of: call)
      try readLog(into: &bitmap)
    default: throw Refusal(.EINVAL)
    }
  }

  private mutating func attemptUnmap(_ call: DirtyCall) throws(Refusal) {
    var none: DirtyBitmap?
    switch call.flags {
    case 0: try unmap(call.range, dirty: &none)
    case DirtyCall.UnmapFlag.getBitmap:
      var bitmap: DirtyBitmap? = try bitmap(of: call)
      try unmap(call.range, dirty: &bitmap)
    case DirtyCall.UnmapFlag.all:
      guard call.range == DMARange(iova: 0, length: 0) else { throw Refusal(.EINVAL) }
      for piece in pieces { try unmap(piece.range, dirty: &none) }
    default: throw Refusal(.EINVAL)
    }
  }

  /// The bitmap that a call names, which has to have room for a bit for each page, in whole words.
  private func bitmap(of call: DirtyCall) throws(Refusal) -> DirtyBitmap {
    guard call.pageSize == Self.pageSize, call.range.length <= Self.maxBitmapSize * 8 * Self.pageSize else {
      throw Refusal(.EINVAL)
    }
    let bitmap = DirtyBitmap(call.range, pageSize: call.pageSize)
    guard call.bitmapSize >= bitmap.words.count * 8, call.bitmapSize <= Self.maxBitmapSize else {
      throw Refusal(.EINVAL)
    }
    return bitmap
  }
}

extension MappedMemory {
  /// How many pages the device reaches.
  var pageCount: UInt64 { pieces.reduce(0) { $0 + $1.range.length / Self.pageSize } }

  /// The device writes a page: the one with this number, counted over all that is mapped.
  ///
  /// - Returns: where the page is; nil when it is not there any more.
  mutating func write(page: UInt64, stamp: UInt64, of pattern: Pattern) -> UInt64? {
    var offset = page * Self.pageSize
    for piece in pieces {
      guard offset >= piece.range.length else {
        let iova = piece.range.iova + offset
        guard write(pattern, page: Int(page), stamp: stamp, to: piece.memory, at: Int(offset)) else { return nil }
        log?.note(iova)
        return iova
      }
      offset -= piece.range.length
    }
    return nil
  }

  /// By a call and not where it is mapped: the memory may be another process's, which can take it away.
  private mutating func write(
    _ pattern: Pattern, page: Int, stamp: UInt64, to memory: any ReachableMemory, at offset: Int
  ) -> Bool {
    var span = contents.mutableSpan
    var bytes = span.mutableBytes
    pattern.fill(page, stamp: stamp, into: &bytes, at: 0)
    return memory.write(contents.span.bytes, at: offset)
  }

  private mutating func report(into bitmap: inout DirtyBitmap) {
    if logging == .all {
      for piece in pieces { bitmap.mark(piece.range) }
    } else {
      log?.report(into: &bitmap)
    }
  }

  private func checkLogging() throws(Refusal) {
    guard logging != .no else { throw Refusal(.ENOTTY) }
  }

  /// Whole pages, one or more, that are all there.
  private func check(_ range: DMARange) throws(Refusal) {
    guard range.last != nil, range.isAligned(to: Self.pageSize) else { throw Refusal(.EINVAL) }
  }

  private func check(_ bitmap: DirtyBitmap) throws(Refusal) {
    guard bitmap.pageSize == Self.pageSize, bitmap.words.count <= Self.maxBitmapSize / 8 else {
      throw Refusal(.EINVAL)
    }
    try check(bitmap.range)
  }

  private func checkCuts(of range: DMARange) throws(Refusal) {
    guard pieces.allSatisfy({ !range.overlaps($0.range) || range.holds($0.range) }) else { throw Refusal(.EINVAL) }
  }
}
