import Glibc

/// Whether pre-copy gets anywhere: what a device says is left, against the rate at which it is moved.
public struct Convergence: Sendable {
  /// The answer.
  public enum Verdict: Sendable, Equatable {
    /// Not enough was seen yet, or the device does not say what is left.
    case unknown
    /// Less and less is left; the target is met in about so long, if it goes on like this.
    case converging(in: Duration)
    /// What is left does not come down to the target: the device changes its state as fast as it is moved.
    case notConverging
    /// What is left would take no longer than the target.
    case targetMet
  }

  struct Sample {
    let time: ContinuousClock.Instant
    let moved: UInt64
    let remaining: UInt64
    /// Bytes a second over the whole transfer, without the time in which there was nothing to move.
    let speed: Double
  }

  /// What goes on is judged over so long: long enough to smooth a burst, short enough to notice a change.
  private static let memory = Duration.seconds(2)
  /// Samples are kept for this long: a decline that slows is seen to do so.
  private static let longMemory = Duration.seconds(6)
  private static let fewest = 4

  private let target: Duration
  private var samples: [Sample] = []
  /// The most that was ever left.
  private var most: UInt64 = 0

  /// A judgement against this downtime.
  public init(target: Duration) {
    self.target = target
  }

  /// Takes the figures of one moment.
  ///
  /// - Parameters:
  ///   - moved: bytes moved so far.
  ///   - speed: bytes a second over the whole transfer, without the time in which there was nothing to move.
  ///   - remaining: bytes that would have to be moved if the device were stopped now.
  public mutating func note(moved: UInt64, speed: Double, remaining: UInt64, at time: ContinuousClock.Instant) {
    samples.append(Sample(time: time, moved: moved, remaining: remaining, speed: speed))
    samples.removeAll { $0.time.duration(to: time) > Self.longMemory }
    most = max(most, remaining)
  }

  /// The device has begun anew with its initial data: what was left before says nothing about what will be.
  public mutating func beginAnew() {
    samples = []
    most = 0
  }

  private var recent: Course? {
    guard let last = samples.last else { return nil }
    return Course(samples.drop { $0.time.duration(to: last.time) > Self.memory }, most: most)
  }

  /// How long what is left would take at the speed at which data has moved when there was any; nil when that is not
  /// known. The present rate would mislead: a device that has been emptied gives no more than it changes.
  public var estimatedDowntime: Duration? {
    guard let last = samples.last else { return nil }
    if last.remaining == 0 { return .zero }
    return last.speed > 0 ? .bounded(Double(last.remaining) / last.speed) : nil
  }

  /// The answer.
  public var verdict: Verdict {
    guard let last = samples.last else { return .unknown }
    if let downtime = estimatedDowntime, downtime <= target { return .targetMet }
    guard samples.count >= Self.fewest, let recent, recent.rate > 0 else { return .unknown }
    // Within a twentieth of the rate it is standing still: estimates of devices are rough.
    guard recent.decline > recent.rate / 20 else { return .notConverging }
    let (left, goal) = (Double(last.remaining), last.speed * (target / .seconds(1)))
    // The first time through less is left in any case, since what was not moved yet can't become dirty anew. So a decline
    // by itself says nothing; it has to be one that holds, or that can be seen to end too early.
    if let time = recent.time(from: left, to: goal) { return .converging(in: time) }
    guard let curve = Curve(samples) else { return .unknown }
    guard let time = curve.time(from: left, to: goal) else { return .notConverging }
    return .converging(in: time)
  }
}

extension Convergence.Verdict {
  /// The answer in plain words.
  public var words: String {
    switch self {
    case .unknown: "not known yet"
    case .converging(let time): "converging, target met in about \(max(1, time.components.seconds)) s"
    case .notConverging: "not converging"
    case .targetMet: "target met"
    }
  }
}

/// What went on over a while, in bytes a second.
private struct Course {
  let rate: Double
  /// By how much less is left each second.
  let decline: Double
  /// What becomes dirty once all is clean, at most: as if the device changed all of its memory alike, and only so little
  /// is seen now because only that part is clean that was moved.
  private let dirtying: Double
  private let most: Double

  init?(_ samples: ArraySlice<Convergence.Sample>, most: UInt64) {
    guard let first = samples.first, let last = samples.last, first.time < last.time, most > 0 else { return nil }
    let seconds = first.time.duration(to: last.time) / .seconds(1)
    rate = Double(last.moved - first.moved) / seconds
    decline = (Double(first.remaining) - Double(last.remaining)) / seconds
    let clean = 1 - samples.reduce(0) { $0 + Double($1.remaining) } / Double(samples.count) / Double(most)
    dirtying = max(0, rate - decline) / max(clean, 1e-6)
    self.most = Double(most)
  }

  /// When so much is left; nil when that can't be promised.
  func time(from left: Double, to goal: Double) -> Duration? {
    guard dirtying < rate else { return nil }
    // Nearly a line, for which the curve has no figures.
    guard dirtying > rate / 100 else { return .bounded(max(0, left - goal) / decline) }
    let end = most * (1 - rate / dirtying)
    return .bounded(max(0, log((left - end) / (goal - end))) * most / dirtying)
  }
}

/// A decline that becomes slower by the same share in the same time, as that of pages that become dirty at random does:
/// where it ends is found from three moments of it.
private struct Curve {
  /// What is left in the end.
  private let end: Double
  /// What is left above that is so many times as much after one step.
  private let share: Double
  /// In seconds.
  private let step: Double

  /// Nil when no curve can be told from a line, or when there are too few samples.
  init?(_ samples: [Convergence.Sample]) {
    let count = samples.count / 3
    guard count >= 3 else { return nil }
    let all = samples.suffix(3 * count)
    // Means, since the estimates of devices are rough.
    let means = (0..<3).map { third in
      all.dropFirst(third * count).prefix(count).reduce(0) { $0 + Double($1.remaining) } / Double(count)
    }
    let (early, late) = (means[0] - means[1], means[1] - means[2])
    guard early > 0, late > 0, late < early * 0.8, let first = all.first, let last = all.last else { return nil }
    share = late / early
    end = means[2] - late * share / (1 - share)
    step = first.time.duration(to: last.time) / .seconds(1) * Double(count) / Double(3 * count - 1)
  }

  /// When so much is left; nil when it does not come to that.
  func time(from left: Double, to goal: Double) -> Duration? {
    guard end < goal else { return nil }
    return .bounded(max(0, log((goal - end) / max(left - end, goal - end)) / log(share)) * step)
  }
}

extension Duration {
  /// So many seconds, or a billion years: a device may say that any number of bytes is left.
  fileprivate static func bounded(_ seconds: Double) -> Duration { .seconds(min(seconds, 3e16)) }
}
