import Dispatch
import Glibc
import Synchronization

/// Ctrl-C while a device is being asked: says what was going on, then ends the program by the signal as usual.
final class Interruption: Sendable {
  private let activity = Mutex<String?>(nil)

  /// Takes over SIGINT for the rest of the program, unless it is ignored, as in the background of a script.
  ///
  /// With `cancelling`, the first Ctrl-C only asks the transfer to end, and a second one ends the program, after `leaving`
  /// has taken away what must not stay behind. `saying` tells what the first one leads to.
  ///
  /// A device that hangs keeps the main thread, so another one waits for the signal. Every thread blocks it: it is not
  /// lost before that one waits, and no other ends the program without a word.
  init(
    asking device: String, cancelling: (@Sendable () -> Void)? = nil,
    saying: String = "stopping, and leaving the devices in a safe state", leaving: @escaping @Sendable () -> Void = {}
  ) {
    let before = Glibc.signal(SIGINT, SIG_DFL)
    guard unsafeBitCast(before, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self) else {
      Glibc.signal(SIGINT, SIG_IGN)
      return
    }
    Self.mask(SIG_BLOCK)
    DispatchQueue(label: "interruption").async {
      Self.mask(SIG_BLOCK)
      Self.wait()
      if let cancelling {
        printError("vfioscope: \(saying); Ctrl-C again ends at once")
        cancelling()
        Self.wait()
      }
      if let what = self.activity.withLock({ $0 }) {
        printError("vfioscope: interrupted at \(what); the state is not known: vfioscope show \(device)")
      }
      leaving()
      // To this thread alone: the whole process would be told by way of a thread that blocks it.
      raise(SIGINT)
      Self.mask(SIG_UNBLOCK)
    }
  }

  /// Says what begins, or that nothing is going on.
  func set(_ what: String?) { activity.withLock { $0 = what } }

  private static var interrupt: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    return set
  }

  /// Blocks or unblocks the signal in this thread.
  private static func mask(_ how: Int32) {
    var set = interrupt
    pthread_sigmask(how, &set, nil)
  }

  private static func wait() {
    var set = interrupt
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
  }
}
