import Migration

/// The figures of a transfer over time. They are thinned out, so that an hour takes no more room than a minute.
struct FlowSamples: Sendable {
  /// The figures of one moment.
  struct Sample: Sendable, Equatable {
    /// Since the transfer began.
    let time: Duration
    /// What the device said was left.
    let estimate: Estimate
    /// Bytes a second.
    let rate: Double
    /// Bytes moved so far.
    let bytes: UInt64
  }

  static let limit = 600
  private static let reinitLimit = 64

  /// Oldest first; the last is always the newest there is.
  private(set) var all: [Sample] = []
  /// When the device began anew with its initial data; the latest ones.
  private(set) var reinits: [Duration] = []
  /// So many moments share a sample.
  private var stride = 1
  private var count = 0

  mutating func add(_ sample: Sample) {
    if count % stride == 0 { all.append(sample) } else { all[all.count - 1] = sample }
    count += 1
    if all.count > Self.limit { thinOut() }
  }

  private mutating func thinOut() {
    let last = all.count - 1
    all = all.indices.filter { (last - $0) % 2 == 0 }.map { all[$0] }
    (stride, count) = (stride * 2, 0)
  }

  /// The device has begun anew.
  mutating func note(reinit time: Duration) {
    if reinits.count == Self.reinitLimit { reinits.removeFirst() }
    reinits.append(time)
  }
}
