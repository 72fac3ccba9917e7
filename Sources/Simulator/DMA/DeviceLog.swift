import VFIO

/// What the device itself notes of its writes: DMA logging of protocol v2.
struct DeviceLog: Sendable {
  /// The page sizes it notes in, bytes; powers of two.
  private static let pageSizes: ClosedRange<UInt64> = 4096...(2 << 20)
  /// `LOG_MAX_RANGES` of the kernel with pages of 4 KiB.
  private static let maxRanges = 256

  /// What one bit stands for.
  let pageSize: UInt64
  private let ranges: [DMARange]
  private let saysAll: Bool
  private var log = PageLog()

  /// Checks in the kernel's order (vfio_main.c). A page size that the device does not have becomes the next one.
  init(_ ranges: [DMARange], pageSize: UInt64, sayingAll: Bool) throws(Refusal) {
    guard !ranges.isEmpty else { throw Refusal(.EINVAL) }
    guard ranges.count <= Self.maxRanges else { throw Refusal(.E2BIG) }
    guard pageSize.nonzeroBitCount == 1 else { throw Refusal(.EINVAL) }
    for (number, range) in ranges.enumerated() {
      guard range.isAligned(to: pageSize), range.length > 0 else { throw Refusal(.EINVAL) }
      guard !range.iova.addingReportingOverflow(range.length).overflow else { throw Refusal(.EOVERFLOW) }
      guard !ranges[..<number].contains(where: range.overlaps) else { throw Refusal(.EINVAL) }
    }
    self.ranges = ranges
    self.pageSize = min(max(pageSize, Self.pageSizes.lowerBound), Self.pageSizes.upperBound)
    saysAll = sayingAll
  }

  /// The page that begins at `iova` was written.
  mutating func note(_ iova: UInt64) {
    guard ranges.contains(where: { $0.overlaps(DMARange(iova: iova, length: PageLog.pageSize)) }) else { return }
    log.note(iova)
  }

  /// Sets bits and takes none away. `EINVAL` outside the logged ranges.
  mutating func report(into bitmap: inout DirtyBitmap) throws(Refusal) {
    guard ranges.contains(where: { $0.holds(bitmap.range) }) else { throw Refusal(.EINVAL) }
    if saysAll {
      bitmap.mark(bitmap.range)
    } else {
      log.report(into: &bitmap, inPagesOf: pageSize)
    }
  }
}

/// DMA logging, asked for by its features 6 to 8.
extension Machine {
  /// Whether the device logs what it writes: a matter of protocol v2.
  var logsDMA: Bool { profile.migrationProtocol == .v2 && options.logging != .no }

  /// `EINVAL` too when it is on: a second start is not allowed (linux/vfio.h).
  ///
  /// - Returns: the page size chosen.
  mutating func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(Refusal) -> UInt64 {
    guard logsDMA else { throw Refusal(.ENOTTY) }
    let log = try DeviceLog(ranges, pageSize: pageSize, sayingAll: options.logging == .all)
    guard deviceLog == nil else { throw Refusal(.EINVAL) }
    deviceLog = log
    return log.pageSize
  }

  /// When it is off, nothing happens, as with mlx5.
  mutating func stopLogging() throws(Refusal) {
    guard logsDMA else { throw Refusal(.ENOTTY) }
    deviceLog = nil
  }

  /// `EINVAL` when it is off, and for pages of less than 4096 bytes.
  mutating func reportLogging(into bitmap: inout DirtyBitmap) throws(Refusal) {
    guard logsDMA else { throw Refusal(.ENOTTY) }
    guard bitmap.pageSize >= 4096, bitmap.pageSize.nonzeroBitCount == 1 else { throw Refusal(.EINVAL) }
    guard !bitmap.range.iova.addingReportingOverflow(bitmap.range.length).overflow else { throw Refusal(.EOVERFLOW) }
    guard deviceLog != nil else { throw Refusal(.EINVAL) }
    try deviceLog?.report(into: &bitmap)
  }
}
