import Glibc

/// A moment of `ContinuousClock`, as a number.
///
/// The compiler does not know the layout of `ContinuousClock.Instant`, and then not that of anything that holds one: each
/// copy is a call of the runtime. That is too slow for what is kept of every access.
public struct Moment: Sendable, Hashable, Comparable {
  /// Of the clock that `ContinuousClock` reads.
  @usableFromInline
  let nanoseconds: Int64

  /// One moment by both clocks. Nobody can read them at the same time: of some tries the one with the least in between.
  private static let origin = {
    let tries = (0..<8).map { _ in (moment: Moment.now, instant: ContinuousClock.now, after: Moment.now) }
    let best = tries.min { $0.moment.duration(to: $0.after) < $1.moment.duration(to: $1.after) } ?? tries[0]
    return (best.moment, best.instant)
  }()

  @inlinable
  init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The same moment, to the nanosecond.
  public init(_ instant: ContinuousClock.Instant) {
    self = Self.origin.0 + Self.origin.1.duration(to: instant)
  }

  /// The present moment.
  @inlinable
  public static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// The same moment, for everybody else.
  public var instant: ContinuousClock.Instant { Self.origin.1 + Self.origin.0.duration(to: self) }

  /// How long it is from here to there.
  public func duration(to other: Moment) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }

  /// The same in nanoseconds: as a `Duration` it takes a multiplication of 128 bits.
  @inlinable
  public func nanoseconds(to other: Moment) -> Int64 { other.nanoseconds - nanoseconds }

  /// So much later.
  public static func + (moment: Moment, duration: Duration) -> Moment {
    let (seconds, attoseconds) = duration.components
    return Moment(nanoseconds: moment.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  /// Whether one is earlier.
  @inlinable
  public static func < (one: Moment, other: Moment) -> Bool { one.nanoseconds < other.nanoseconds }
}
