import Glibc

/// Something the main thread has to deal with.
public enum Event: Hashable, Sendable {
  /// A key was pressed.
  case key(Key)
  /// The screen has this size now, and all of it has to be drawn.
  case resize(width: Int, height: Int)
  /// Somebody called ``Wake/wake()``.
  case wake
  /// The interval of ``EventLoop/tickMilliseconds`` is over.
  case tick
  /// The program is to end: a signal came (INT, TERM, HUP), or the terminal is gone (HUP), which is told once.
  case quit(signal: Int32)
}

/// Where the main thread waits: for keys, signals, wake-ups and time, in one `poll`.
///
/// Ctrl-Z is dealt with here: the terminal is given back, the process stops, and when it goes on the screen is taken
/// again and ``Event/resize(width:height:)`` asks for a frame.
public final class EventLoop {
  private let screen: TerminalScreen
  private let signals: BlockedSignals
  private let wake: Wake
  private var nextTick: Int?

  /// Whether the terminal is gone: there are no more keys, and nobody sees what is drawn.
  public private(set) var isTerminalGone = false

  /// Keys taken in one go; more are left for the next, so that a flood of input cannot keep frames from being drawn.
  private static let keyLimit = 256

  /// How often ``Event/tick`` comes, in milliseconds; nil for never. A late tick is not made up for.
  public var tickMilliseconds: Int? {
    didSet { nextTick = tickMilliseconds.map { Self.now() + max(1, $0) } }
  }

  /// A loop for a screen.
  /// - Parameter signals: made before the first thread started.
  public init(screen: TerminalScreen, signals: BlockedSignals, wake: Wake) {
    self.screen = screen
    self.signals = signals
    self.wake = wake
  }

  /// Waits for something to happen and gives everything that did, in order. Draw once afterwards.
  public func wait() throws(TerminalError) -> [Event] {
    var events: [Event] = []
    while events.isEmpty {
      let ready = try poll()
      if ready.signals { events += signalEvents() }
      if ready.input || ready.hangUp { events += keyEvents() }
      if ready.wake && wake.drain() { events.append(.wake) }
      if takeTick() { events.append(.tick) }
    }
    return events
  }

  private struct Ready {
    let input, hangUp, signals, wake: Bool
  }

  private func poll() throws(TerminalError) -> Ready {
    // One that is negative is passed over. A terminal that is gone would be ready to read for ever.
    let input = isTerminalGone ? -1 : STDIN_FILENO
    var descriptors = [input, signals.descriptor, wake.descriptor].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    let timeout = nextTick.map { Int32(clamping: max(0, $0 - Self.now())) } ?? -1
    if Glibc.poll(&descriptors, nfds_t(descriptors.count), timeout) < 0 && errno != EINTR {
      throw .system("poll", errno: errno)
    }
    let results = descriptors.map { Int32($0.revents) }
    return Ready(
      input: results[0] & POLLIN != 0, hangUp: results[0] & (POLLHUP | POLLERR | POLLNVAL) != 0,
      signals: results[1] != 0, wake: results[2] != 0)
  }

  private func signalEvents() -> [Event] {
    var events: [Event] = []
    var drawsAgain = false
    for signal in signals.drain() {
      switch signal {
      case SIGWINCH: drawsAgain = true
      case SIGTSTP:
        screen.stop()
        drawsAgain = true
      case SIGCONT:
        screen.resume()
        drawsAgain = true
      default: events.append(.quit(signal: signal))
      }
    }
    if drawsAgain { events.append(resize()) }
    return events
  }

  private func resize() -> Event {
    screen.adoptSize()
    screen.redraw()
    return .resize(width: screen.width, height: screen.height)
  }

  private func keyEvents() -> [Event] {
    let (keys, sawInput) = screen.readKeys(limit: Self.keyLimit)
    let events = keys.map { Event.key($0) }
    guard !sawInput && Self.inputIsOver() else { return events }
    isTerminalGone = true
    return events + [.quit(signal: SIGHUP)]
  }

  /// Whether standard input is ready with nothing to read.
  private static func inputIsOver() -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard Glibc.poll(&input, 1, 0) > 0 else { return false }
    var waiting: Int32 = 0
    return ioctl(STDIN_FILENO, UInt(FIONREAD), &waiting) != 0 || waiting == 0
  }

  private func takeTick() -> Bool {
    guard let interval = tickMilliseconds, let due = nextTick, Self.now() >= due else { return false }
    nextTick = Self.now() + max(1, interval)
    return true
  }

  /// Milliseconds of a clock that is never set.
  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}
