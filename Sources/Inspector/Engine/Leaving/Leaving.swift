import Glibc
import Migration

/// The end of the program in the middle of something: what goes on is given up, and waited for, but not for ever.
struct Leaving {
  /// So long everything has to come to its end; a call that has not come back for as long never will.
  static let limit = Duration.seconds(5)

  /// What goes on.
  let undertakings: [Undertaking]
  private let begun: ContinuousClock.Instant

  /// Gives all of it up.
  init(_ undertakings: [Undertaking], at now: ContinuousClock.Instant) {
    (self.undertakings, begun) = (undertakings, now)
    for undertaking in undertakings { undertaking.giveUp() }
  }

  /// What has not ended yet.
  var left: [Undertaking] { undertakings.filter { !$0.isOver() } }

  /// Whether there is nothing more to wait for.
  func isOver(at now: ContinuousClock.Instant) -> Bool {
    begun.duration(to: now) >= Self.limit || left.allSatisfy { $0.hangs(for: Self.limit) }
  }

  /// How long it is going to be waited at most.
  func timeLeft(at now: ContinuousClock.Instant) -> Duration { max(.zero, Self.limit - begun.duration(to: now)) }

  /// The devices that nothing is asked of any more.
  var devicesAtRest: Set<DeviceReference> {
    Set(undertakings.flatMap(\.devices).map(\.reference)).subtracting(left.flatMap(\.devices).map(\.reference))
  }

  /// Makes an end: takes away what must not stay behind.
  ///
  /// - Returns: what has become of everything, a line each.
  func finish() -> [String] {
    // It is ours only if the device was asked already.
    for part in left.filter({ $0.hangs(for: .zero) }).compactMap(\.part) { unlink(part) }
    return undertakings.flatMap { $0.isOver() ? $0.words() : $0.unfinished }
  }
}
