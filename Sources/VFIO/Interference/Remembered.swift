import Synchronization

/// A value that an interference remembers between two calls.
public final class Remembered<Value: Sendable>: Sendable {
  private let value: Mutex<Value>

  /// Begins with this value.
  public init(_ value: sending Value) { self.value = Mutex(value) }

  /// The value now.
  public var now: Value {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }

  /// Changes the value and gives what `body` makes of it.
  public func change<R: Sendable>(_ body: (inout Value) -> R) -> R { value.withLock { body(&$0) } }
}
