import Dispatch

/// Where calls wait until they are all let go, now and later.
final class Hold: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)

  /// Waits. Whoever is let go lets the next one go.
  func wait() {
    semaphore.wait()
    semaphore.signal()
  }

  /// Lets everybody go.
  func release() { semaphore.signal() }
}
