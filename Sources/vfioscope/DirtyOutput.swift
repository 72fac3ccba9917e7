import Inspector
import Migration
import VFIO

/// What `dirty` prints: how it began, each report, and how it ended.
struct DirtyOutput {
  /// Columns of a strip, from a narrow terminal to a wide one.
  private static let widths = 12...48
  /// Lines of a map.
  private static let height = 16

  private let device: String
  private let watch: DirtyWatch
  private let showsMap: Bool
  /// Columns of the terminal; nil when it goes somewhere else.
  private let columns: Int?
  private let strip = HeatStrip()

  init(_ device: String, _ watch: DirtyWatch, showsMap: Bool, columns: Int? = nil) {
    self.device = device
    self.watch = watch
    self.showsMap = showsMap
    self.columns = columns
  }
}

extension DirtyOutput {
  /// What was asked for and what was granted.
  var startText: [String] {
    vfioscope.columns([
      ["device", device],
      ["range", "\(watch.range), \(pages)"],
      ["logged by", watch.log.rawValue],
      ["page size", "\(watch.askedPageSize) asked, \(watch.pageSize) granted"],
    ]).map(printable)
  }

  func text(_ report: DirtyReport) -> [String] {
    let share = "\(padded(report.dirtyCount, "\(watch.pageCount)".count)) of \(pages) dirty"
    let time = "\(report.elapsed.seconds) s  \(share)  "
    let rate = "  \(size(report.rate))/s, \(report.unionCount) so far"
    let room = (columns ?? .max) - (time.count + rate.count + 2)
    let width = min(max(room, Self.widths.lowerBound), Self.widths.upperBound)
    let line = "\(time)|\(strip.text(report.bitmap, width: width))|"
    let failed = report.failure.map { ["every page has to be taken for dirty, because logging failed: \($0)"] } ?? []
    return ([line + rate] + (showsMap ? map(report.bitmap) : []) + failed).map(printable)
  }

  func text(_ ending: DirtyEnding, _ isInterrupted: Bool) -> [String] {
    var lines = isInterrupted ? ["interrupted"] : []
    let assumed = ending.isAllAssumed ? " (all of them only because logging failed)" : ""
    let verb = ending.union.dirtyCount == 1 ? "was" : "were"
    lines.append(
      "\(ending.union.dirtyCount) of \(pages) \(verb) dirty in \(ending.elapsed.seconds) s\(assumed)")
    if let count = ending.unmapCount { lines.append("dirty pages reported with the unmapping: \(count)") }
    lines += ending.failures.map { "failed: \($0)" }
    lines.append(
      (ending.isLoggingStopped ? "logging is stopped" : "logging could not be stopped") + ", "
        + (ending.isUnmapped
          ? "the memory is unmapped" : "the memory could not be unmapped; closing the device does it"))
    return lines.map(printable)
  }

  private func map(_ bitmap: DirtyBitmap) -> [String] {
    strip.map(bitmap, width: 64, height: Self.height).map { "  " + $0 }
  }

  private var pages: String { counted(watch.pageCount, "page") }

  private func padded(_ number: Int, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - "\(number)".count)) + "\(number)"
  }
}

extension DirtyOutput {
  /// How it begins, for programs.
  var start: JSON { event("start", dirtyPages: 0, elapsed: .zero, [:]) }

  func json(_ report: DirtyReport) -> JSON {
    event(
      "report", dirtyPages: report.dirtyCount, elapsed: report.elapsed,
      [
        "union_pages": JSON(report.unionCount), "rate_bytes_per_s": JSON(report.rate.rounded()),
        "all_dirty_assumed": .bool(report.failure != nil), "error": JSON(report.failure?.description),
      ], of: report.bitmap)
  }

  func json(_ ending: DirtyEnding, isInterrupted: Bool) -> JSON {
    event(
      "end", dirtyPages: ending.union.dirtyCount, elapsed: ending.elapsed,
      [
        "unmap_dirty_pages": JSON(ending.unmapCount), "all_dirty_assumed": .bool(ending.isAllAssumed),
        "interrupted": .bool(isInterrupted), "logging_stopped": .bool(ending.isLoggingStopped),
        "unmapped": .bool(ending.isUnmapped), "errors": JSON(ending.failures.map(\.description)),
      ], of: ending.union)
  }

  /// What all events have, and what only one has.
  private func event(
    _ name: String, dirtyPages: Int, elapsed: Duration, _ more: KeyValuePairs<String, JSON>,
    of bitmap: DirtyBitmap? = nil
  ) -> JSON {
    let map: [KeyValuePairs<String, JSON>] =
      showsMap ? bitmap.map { [["dirty_ranges": .array($0.dirtyRanges.map(\.json))]] } ?? [] : []
    return .members(
      [
        [
          "schema": .string("vfioscope.dirty/1"), "event": .string(name), "device": .string(device),
          "by": .string(watch.log.rawValue), "ranges": .array([watch.range.json]),
          "page_size_asked": JSON(watch.askedPageSize), "page_size": JSON(watch.pageSize),
          "dirty_pages": JSON(dirtyPages), "pages": JSON(watch.pageCount), "elapsed_us": JSON(elapsed.microseconds),
        ], more,
      ] + map)
  }
}

extension DMARange {
  fileprivate var json: JSON { .object(["iova": JSON(iova), "length": JSON(length)]) }
}

extension Duration {
  /// `12.345`.
  fileprivate var seconds: String {
    let milliseconds = Int64(microseconds / 1000)
    let fraction = "\(milliseconds % 1000)"
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}
