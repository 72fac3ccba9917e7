import Migration
import VFIO

/// What is known of the pages a device writes, while that is watched.
public struct DirtyStatus: Sendable {
  /// So many reports ago a page still shows: then it is cold.
  private static let memory = 8
  /// So many reports are counted.
  private static let historyLimit = 256
  /// What is left of a page's heat from one report to the next.
  private static let fading = 0.75

  /// Who notes what is written.
  public let log: DirtyLog
  /// Where the device sees our memory.
  public let range: DMARange
  /// What one bit was to stand for, bytes.
  public let askedPageSize: UInt64
  /// What it stands for, bytes.
  public let pageSize: UInt64
  /// How many pages there are.
  public let pageCount: Int
  /// The last reports, newest last.
  public private(set) var reports: [DirtyReport] = []
  /// How many pages each report named, newest last.
  public private(set) var counts: [Int] = []

  /// Nothing was reported yet.
  init(_ watch: DirtyWatch) {
    (log, range, pageCount) = (watch.log, watch.range, watch.pageCount)
    (askedPageSize, pageSize) = (watch.askedPageSize, watch.pageSize)
  }

  /// The last report.
  public var last: DirtyReport? { reports.last }

  /// Whether there is a log to ask: one that has failed is not asked again.
  public var isLogging: Bool { last?.failure == nil }

  /// Takes a report.
  mutating func take(_ report: DirtyReport) {
    reports = reports.suffix(Self.memory - 1) + [report]
    counts = counts.suffix(Self.historyLimit - 1) + [report.dirtyCount]
  }

  /// How hot these pages are: 1 when all were written in the last report, and less the longer that was ago and the
  /// fewer they were.
  func heat(of pages: Range<Int>) -> Double {
    var (heat, weight) = (0.0, 1.0)
    for report in reports.reversed() {
      heat = max(heat, weight * Double(report.bitmap.dirtyCount(in: pages)) / Double(pages.count))
      weight *= Self.fading
    }
    return heat
  }
}
