import Dispatch
import Glibc
import Synchronization

/// Ctrl-C while a device is being asked, or another wish to end: says what was going on, then ends the program by the
/// signal as usual.
final class Interruption: Sendable {
  /// Ctrl-C, `kill`, and a terminal that is gone, as when a connection breaks: a device must not be left in the middle.
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  private let activity = Mutex<String?>(nil)

  /// Takes over the signals for the rest of the program, except those that are ignored, as in the background of a script
  /// or under `nohup`. A reader of the output that has gone is an error of the write from now on, and no signal.
  ///
  /// With `cancelling`, the first one only asks the transfer to end, and a second one ends the program, after `leaving`
  /// has taken away what must not stay behind. `saying` tells what the first one leads to.
  ///
  /// A device that hangs keeps the main thread, so another one waits for the signals. Every thread blocks them: they are
  /// not lost before that one waits, and no other ends the program without a word.
  init(
    asking device: String, cancelling: (@Sendable () -> Void)? = nil,
    saying: String = "stopping, and leaving the devices in a safe state", leaving: @escaping @Sendable () -> Void = {}
  ) {
    Glibc.signal(SIGPIPE, SIG_IGN)
    let taken = Self.signals.filter { !Self.isIgnored($0) }
    guard !taken.isEmpty else { return }
    Self.mask(SIG_BLOCK, taken)
    DispatchQueue(label: "interruption").async {
      Self.mask(SIG_BLOCK, taken)
      var number = Self.wait(for: taken)
      if let cancelling {
        printError("vfioscope: \(saying); Ctrl-C again ends at once")
        cancelling()
        number = Self.wait(for: taken)
      }
      if let what = self.activity.withLock({ $0 }) {
        printError("vfioscope: interrupted at \(what); the state is not known: vfioscope show \(device)")
      }
      leaving()
      // To this thread alone: the whole process would be told by way of a thread that blocks it.
      raise(number)
      Self.mask(SIG_UNBLOCK, taken)
    }
  }

  /// Says what begins, or that nothing is going on.
  func set(_ what: String?) { activity.withLock { $0 = what } }

  private static func isIgnored(_ number: Int32) -> Bool {
    let before = Glibc.signal(number, SIG_DFL)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if isIgnored { Glibc.signal(number, SIG_IGN) }
    return isIgnored
  }

  /// Blocks or unblocks the signals in this thread.
  private static func mask(_ how: Int32, _ numbers: [Int32]) {
    var set = set(of: numbers)
    pthread_sigmask(how, &set, nil)
  }

  private static func wait(for numbers: [Int32]) -> Int32 {
    var set = set(of: numbers)
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
    return number
  }

  private static func set(of numbers: [Int32]) -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
  }
}
