import Dispatch
import Synchronization
import Testing

/// Something that goes on beside a test, which waits for its result, but not for ever.
final class Ended<T: Sendable>: Sendable {
  private let result = Mutex<Result<T, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () throws -> T) {
    Thread.start { [self] in
      let outcome = Result(catching: body)
      result.withLock { $0 = outcome }
      done.signal()
    }
  }

  func value() throws -> T {
    _ = done.wait(timeout: .now() + 20)
    return try #require(result.withLock { $0 }).get()
  }
}
