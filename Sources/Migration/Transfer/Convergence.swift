/// Whether pre-copy gets anywhere: what a device says is left, against the rate at which it is moved.
public struct Convergence: Sendable {
  /// The answer.
  public enum Verdict: Sendable, Equatable {
    /// Not enough was seen yet, or the device does not say what is left.
    case unknown
    /// Less and less is left; the target is met in about so long, if it goes on like this.
    case converging(in: Duration)
    /// As much or more is left as a while ago: the device changes its state as fast as it is moved.
    case notConverging
    /// What is left would take no longer than the target.
    case targetMet
  }

  private struct Sample {
    let time: ContinuousClock.Instant
    let moved: UInt64
    let remaining: UInt64
    /// Bytes a second over the whole transfer, without the time in which there was nothing to move.
    let speed: Double
  }

  /// Samples are kept for this long: long enough to smooth a burst, short enough to notice a change.
  private static let memory = Duration.seconds(2)
  private static let fewest = 4

  private let target: Duration
  private var samples: [Sample] = []

  /// A judgement against this downtime.
  public init(target: Duration) {
    self.target = target
  }

  /// Takes the figures of one moment.
  ///
  /// - Parameters:
  ///   - moved: bytes moved so far.
  ///   - busy: the time in which they were moved, without the time in which there was nothing to move.
  ///   - remaining: bytes that would have to be moved if the device were stopped now.
  public mutating func note(moved: UInt64, in busy: Duration, remaining: UInt64, at time: ContinuousClock.Instant) {
    let speed = busy > .zero ? Double(moved) / (busy / .seconds(1)) : 0
    samples.append(Sample(time: time, moved: moved, remaining: remaining, speed: speed))
    samples.removeAll { $0.time.duration(to: time) > Self.memory }
  }

  /// The device has begun anew with its initial data: what was left before says nothing about what will be.
  public mutating func beginAnew() {
    samples = []
  }

  /// Bytes a second over what is remembered; 0 when that is not known.
  public var rate: Double {
    guard let first = samples.first, let last = samples.last else { return 0 }
    let seconds = first.time.duration(to: last.time) / .seconds(1)
    return seconds > 0 ? Double(last.moved - first.moved) / seconds : 0
  }

  /// How long what is left would take at the speed at which data has moved when there was any; nil when that is not
  /// known. The present rate would mislead: a device that has been emptied gives no more than it changes.
  public var estimatedDowntime: Duration? {
    guard let last = samples.last else { return nil }
    if last.remaining == 0 { return .zero }
    return last.speed > 0 ? .seconds(Double(last.remaining) / last.speed) : nil
  }

  /// The answer.
  public var verdict: Verdict {
    guard let first = samples.first, let last = samples.last else { return .unknown }
    if let downtime = estimatedDowntime, downtime <= target { return .targetMet }
    guard samples.count >= Self.fewest, rate > 0 else { return .unknown }
    let seconds = first.time.duration(to: last.time) / .seconds(1)
    let shrinks = (Double(first.remaining) - Double(last.remaining)) / seconds
    // Within a twentieth of the rate it is standing still: estimates of devices are rough.
    guard shrinks > rate / 20 else { return .notConverging }
    let excess = Double(last.remaining) - last.speed * (target / .seconds(1))
    return .converging(in: .seconds(max(0, excess) / shrinks))
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
