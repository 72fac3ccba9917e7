import Glibc
import Synchronization

/// Ctrl-C while a device is being asked, or another wish to end: says what was going on, then ends the program by the
/// signal as usual.
final class Interruption: Sendable {
  private let activity = Mutex<String?>(nil)
  private let asked = Atomic(false)

  /// Whether the first one has come.
  var isAsked: Bool { asked.load(ordering: .relaxed) }

  /// Takes over the signals for the rest of the program. A reader of the output that has gone is an error of the write
  /// from now on, and no signal: a device must not be left in the middle.
  ///
  /// With `cancelling`, the first one only asks the transfer to end, and a second one ends the program, after `leaving`
  /// has taken away what must not stay behind. `saying` tells what the first one leads to.
  ///
  /// A device that hangs keeps the main thread, so another one waits for the signals.
  init(
    asking device: String, cancelling: (@Sendable () -> Void)? = nil,
    saying: String = "stopping, and leaving the devices in a safe state", leaving: @escaping @Sendable () -> Void = {}
  ) {
    signal(SIGPIPE, SIG_IGN)
    let signals = EndingSignals()
    signals.watch {
      var number = signals.wait()
      self.asked.store(true, ordering: .relaxed)
      if let cancelling {
        // First: where this line goes to may stand still.
        cancelling()
        printError("vfioscope: \(saying); Ctrl-C again ends at once")
        number = Self.waitForSecond(signals)
      }
      if let what = self.activity.withLock({ $0 }) {
        printError("vfioscope: interrupted at \(what); the state is not known: vfioscope show \(device)")
      }
      leaving()
      signals.end(by: number)
    }
  }

  /// Waits for a wish that is not the first one come twice: a terminal that goes sends SIGHUP, and so does its shell.
  private static func waitForSecond(_ signals: EndingSignals) -> Int32 {
    let start = ContinuousClock.now
    while true {
      let number = signals.wait()
      if number == SIGINT || start.duration(to: .now) > .seconds(1) { return number }
    }
  }

  /// Says what begins, or that nothing is going on.
  func set(_ what: String?) { activity.withLock { $0 = what } }
}
