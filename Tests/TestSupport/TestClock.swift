import Synchronization

/// A clock that stands still until it is told otherwise.
package final class TestClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  /// A clock that shows the present moment.
  package init() {}

  /// What it shows.
  @Sendable package func now() -> ContinuousClock.Instant { instant.withLock { $0 } }

  /// Time passes.
  package func advance(by duration: Duration) {
    instant.withLock { $0 += duration }
  }
}
