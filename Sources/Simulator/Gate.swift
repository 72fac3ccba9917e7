import VFIO
import Dispatch
import Synchronization

/// Where calls wait: for a latency, or for good. Releasing it lets everybody go, now and later.
final class Gate: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let open = Atomic<Bool>(false)

  /// Whether the device is gone.
  var isReleased: Bool { open.load(ordering: .acquiring) }

  /// Lets everybody go.
  func release() {
    open.store(true, ordering: .releasing)
    semaphore.signal()
  }

  /// Waits. Fails with ENODEV when the gate is released meanwhile.
  func pause(_ duration: Duration) throws(Refusal) {
    guard !isReleased else { throw Refusal(.ENODEV) }
    guard duration > .zero else { return }
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    guard semaphore.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return }
    throw passedOn()
  }

  /// Waits until the gate is released; fails then.
  func block() throws(Refusal) -> Never {
    semaphore.wait()
    throw passedOn()
  }

  /// One signal is enough for all: whoever wakes up wakes the next.
  private func passedOn() -> Refusal {
    semaphore.signal()
    return Refusal(.ENODEV)
  }
}
