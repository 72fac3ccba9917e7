import CNcurses
import Glibc

/// Wakes the event loop from any thread. Wake-ups that come before the loop looks count as one.
public final class Wake: Sendable {
  let descriptor: Int32

  /// A wake-up for one event loop.
  public init() throws(TerminalError) {
    descriptor = cn_new_wake()
    if descriptor < 0 { throw .system("eventfd", errno: errno) }
  }

  deinit { Glibc.close(descriptor) }

  /// Makes the loop report ``Event/wake``. Never waits.
  public func wake() {
    var one: UInt64 = 1
    // It fails only when so many wake-ups are waiting that another changes nothing.
    _ = write(descriptor, &one, MemoryLayout.size(ofValue: one))
  }

  /// Whether anyone called ``wake()`` since the last time.
  func drain() -> Bool {
    var count: UInt64 = 0
    return read(descriptor, &count, MemoryLayout.size(ofValue: count)) > 0
  }
}
