import Synchronization

/// What happened, in order, on whatever thread.
final class Events: Sendable {
  private let happened = Mutex<[String]>([])

  var all: [String] { happened.withLock { $0 } }

  func add(_ event: String) { happened.withLock { $0.append(event) } }
}
