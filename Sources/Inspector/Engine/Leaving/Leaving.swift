import Dispatch
import Glibc
import Migration

/// The end of the program in the middle of something: what goes on is given up, and waited for, but not for ever.
struct Leaving {
  /// So long everything has to come to its end; a call that has not come back for as long never will.
  static let limit = Duration.seconds(5)

  /// A call that takes longer hangs, as far as can be told.
  private static let patience = Duration.seconds(2)
  /// So many seconds the devices that answer may take to be brought out of it when another one does not.
  private static let rescueLimit = 2.0

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
    begun.duration(to: now) >= Self.limit || left.allSatisfy { !$0.hanging(for: Self.limit).isEmpty }
  }

  /// Whether another signal is a second wish to end: several may be sent for the first one.
  func takesSignals(at now: ContinuousClock.Instant) -> Bool { begun.duration(to: now) > .seconds(1) }

  /// The devices that nothing is asked of any more.
  var devicesAtRest: Set<DeviceReference> {
    Set(undertakings.flatMap(\.devices).map(\.reference)).subtracting(left.flatMap(\.devices).map(\.reference))
  }

  /// Makes an end: brings the devices that answer out of what hangs, and takes away what must not stay behind.
  ///
  /// - Parameter atOnce: whether the user does not want to wait for devices.
  /// - Returns: what has become of everything, a line each.
  func finish(atOnce: Bool = false) -> [String] {
    for part in left.compactMap({ $0.part() }) { unlink(part) }
    let rescues = DispatchGroup()
    for undertaking in atOnce ? [] : left {
      let hanging = undertaking.hanging(for: Self.patience)
      // Where none hangs, what goes on may still be at the others itself.
      if !hanging.isEmpty { undertaking.rescue(hanging, rescues) }
    }
    _ = rescues.wait(timeout: .now() + Self.rescueLimit)
    return undertakings.flatMap { $0.isOver() ? $0.words() : $0.unfinished }
  }
}
