import Glibc
import Terminal

/// What each key makes the probe do.
enum Command {
  static let all: [Character: @Sendable (Probe) -> Void] = [
    "i": { _ in print([1][indexOutside()]) },
    "o": { _ in print(overflow(0)) },
    "t": { _ in onThread { print([1][indexOutside()]) } },
    "a": { _ in abort() },
    "f": { _ in fatalError("the probe was asked to fail") },
    "s": { _ in _ = raise(SIGSEGV) },
    "x": { _ in exit(3) },
    "e": { _ in say("caught \u{1B}[31mred\n") },
    "b": { $0.screen.bell() },
    "m": { $0.screen.isMouseOn.toggle() },
    "w": { probe in
      let wake = probe.wake
      onThread { wake.wake() }
    },
  ]

  /// A number that the compiler does not know.
  private static func indexOutside() -> Int { Int(getpid()) }

  /// Uses up the stack; the sum keeps each call's frame.
  private static func overflow(_ depth: Int) -> Int {
    depth == -1 ? 0 : overflow(depth + 1) + Int(getpid()) + depth
  }

  private static func say(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs something on a thread of its own, and does not wait for it.
  private static func onThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body)).toOpaque()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, work)
    pthread_detach(thread)
  }
}
