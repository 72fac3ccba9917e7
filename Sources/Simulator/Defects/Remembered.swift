import Synchronization

/// What a defect remembers from call to call.
final class Remembered<Value: Sendable>: Sendable {
  private let contents: Mutex<Value>

  init(_ value: Value) { contents = Mutex(value) }

  var value: Value {
    get { contents.withLock { $0 } }
    set { contents.withLock { $0 = newValue } }
  }

  /// Changes it, and says something of it, in one go.
  func change<R: Sendable>(_ body: (inout Value) -> R) -> R { contents.withLock { body(&$0) } }
}
