import Dispatch
import Glibc

/// Ctrl-C, `kill`, and a terminal that is gone, as when a connection breaks: wishes to end, taken by a thread that waits
/// for them. What is ignored stays so, as in the background of a script or under `nohup`.
struct EndingSignals: Sendable {
  private let numbers: [Int32]

  /// Blocks them in this thread and in those that it starts: none is lost before somebody waits.
  init() {
    numbers = [SIGINT, SIGTERM, SIGHUP].filter { !Self.isIgnored($0) }
    mask(SIG_BLOCK)
  }

  /// Does this on a thread of its own, which may wait for them.
  func watch(_ body: @escaping @Sendable () -> Void) {
    // Without any of them it would wait for ever.
    guard !numbers.isEmpty else { return }
    DispatchQueue(label: "ending signals").async {
      mask(SIG_BLOCK)
      body()
    }
  }

  /// Waits for the next one.
  func wait() -> Int32 {
    var set = set
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
    return number
  }

  /// Ends the program by this one, as if it had never been taken.
  func end(by number: Int32) {
    // To this thread alone: the whole process would be told by way of a thread that blocks it.
    raise(number)
    mask(SIG_UNBLOCK)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    let before = Glibc.signal(number, SIG_DFL)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if isIgnored { Glibc.signal(number, SIG_IGN) }
    return isIgnored
  }

  private func mask(_ how: Int32) {
    var set = set
    pthread_sigmask(how, &set, nil)
  }

  private var set: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in numbers { sigaddset(&set, number) }
    return set
  }
}
