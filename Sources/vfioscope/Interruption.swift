import Dispatch
import Glibc
import Synchronization

/// Ctrl-C while a device is being asked: says what was going on, then ends the program by the signal as usual.
final class Interruption {
  /// What is going on, as the user is told it.
  final class Activity: Sendable {
    private let text = Mutex<String?>(nil)

    /// Says what begins, or that nothing is going on.
    func set(_ activity: String?) { text.withLock { $0 = activity } }

    fileprivate var current: String? { text.withLock { $0 } }
  }

  let activity = Activity()
  private let source: any DispatchSourceSignal

  /// Watches until it is let go of. A device that hangs keeps the main thread; the signal is dealt with on another one.
  init(asking device: String) {
    let activity = activity
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { @Sendable in
      if let what = activity.current {
        printError("vfioscope: interrupted at \(what); the state is not known: vfioscope show \(device)")
      }
      signal(SIGINT, SIG_DFL)
      // To the process: the thread we are on blocks signals.
      kill(getpid(), SIGINT)
    }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
