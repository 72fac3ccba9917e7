import CNcurses
import Glibc

/// The signals that the event loop reads from a descriptor instead of being interrupted by them: INT, TERM, HUP, TSTP,
/// CONT and WINCH.
///
/// Make one first thing in the program, before any thread starts (and so before any `Task` or dispatch queue): threads
/// inherit what is blocked, and a signal goes to any thread that does not block it. Programs started later inherit it
/// too, unless they are started with an empty signal mask. A signal that is ignored from the start stays ignored.
public final class BlockedSignals {
  let descriptor: Int32

  /// Blocks the signals in this thread.
  public init() throws(TerminalError) {
    descriptor = cn_block_signals()
    if descriptor < 0 { throw .system("signalfd", errno: errno) }
  }

  deinit { Glibc.close(descriptor) }

  /// The signals that came since the last time, in order.
  func drain() -> [Int32] {
    Array(
      sequence(state: ()) { [descriptor] _ in
        let signal = cn_next_signal(descriptor)
        return signal == 0 ? nil : signal
      })
  }

  /// Ends the process by a signal, so that whoever started it sees which. Close the screen first.
  public static func die(by signal: Int32) -> Never {
    cn_die_by(signal)
  }
}
