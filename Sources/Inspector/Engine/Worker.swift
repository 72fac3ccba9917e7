import Dispatch

/// Where calls that may take long are made.
public enum Execution: Sendable {
  /// On a queue of its own, away from the screen.
  case queue
  /// At once, before the call returns: for tests of the views.
  case inline
}

/// Makes calls one after the other.
struct Worker: Sendable {
  private let queue: DispatchQueue?

  init(_ execution: Execution, label: String) {
    queue = execution == .queue ? DispatchQueue(label: label) : nil
  }

  /// Makes the call when those before it are done.
  func perform(_ body: @escaping @Sendable () -> Void) {
    if let queue { queue.async(execute: body) } else { body() }
  }
}
