import Glibc
import TestSupport

/// What went wrong with a program under test, with the screen it showed.
struct PtyError: Error, CustomStringConvertible {
  let description: String
}

/// A program that runs on a terminal of its own: keys go in, and its screen can be looked at.
///
/// The terminal is its controlling terminal, so Ctrl-C, Ctrl-Z and changes of size reach it as signals. Its environment
/// is small and the same everywhere; what a test gives is added. It is killed when the test lets go of it.
final class PtyProgram {
  private let pty: Pty
  private let process: pid_t
  private var status: Int32?
  private(set) var terminal: VirtualTerminal
  /// Everything the program wrote.
  private(set) var output: [UInt8] = []

  /// Starts a program.
  /// - Parameter environment: added to PATH, HOME, LANG (C.UTF-8), TERM (xterm-256color); nil takes a variable away.
  init(
    _ path: String, _ arguments: [String] = [], rows: Int = 24, columns: Int = 80,
    environment: [String: String?] = [:]
  ) throws {
    terminal = VirtualTerminal(rows: rows, columns: columns)
    pty = try Pty(rows: rows, columns: columns)
    let terminalName = pty.terminalName
    // A session leader that opens a terminal gets it as its controlling terminal.
    process = try spawn(path, arguments, environment: environment, newSession: true) { files in
      posix_spawn_file_actions_addopen(&files, STDIN_FILENO, terminalName, O_RDWR, 0)
      posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO)
      posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDERR_FILENO)
    }
  }

  deinit {
    if status == nil {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  /// The screen, a line a row.
  var screen: String { terminal.lines.joined(separator: "\n") }

  /// Everything the program wrote, as text.
  var written: String { String(decoding: output, as: UTF8.self) }

  /// Presses keys.
  func type(_ keys: String) { send(Array(keys.utf8)) }

  /// Sends bytes as a terminal would.
  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(pty.master, $0.baseAddress, $0.count) }
      if written > 0 { rest = rest.dropFirst(written) } else if errno != EINTR { return }
    }
  }

  /// Changes the size of the terminal.
  func resize(rows: Int, columns: Int) {
    terminal.resize(rows: rows, columns: columns)
    pty.resize(rows: rows, columns: columns)
  }

  /// Sends a signal to the program.
  func signal(_ number: Int32) { kill(process, number) }

  /// Reads what the program writes until its screen is as wished.
  func wait(untilScreen isRight: (String) -> Bool, seconds: Double = 10) throws {
    try wait(until: { isRight($0.screen) }, seconds: seconds)
  }

  /// Reads what the program writes until something holds.
  func wait(until isRight: (PtyProgram) -> Bool, seconds: Double = 10) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !isRight(self) {
      guard ContinuousClock.now < deadline else { throw PtyError(description: "waited in vain; screen:\n\(screen)") }
      if !readOutput(milliseconds: 50), !isRight(self) {
        throw PtyError(description: "the program ended; screen:\n\(screen)")
      }
    }
  }

  /// Reads for a while, for tests of what must not happen.
  func read(seconds: Double) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline, readOutput(milliseconds: 20) {}
  }

  /// Waits for the program to end and reads the last of what it wrote.
  func exitStatus(seconds: Double = 10) throws -> Ending {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while status == nil {
      var raw: Int32 = 0
      if waitpid(process, &raw, WNOHANG) == process { status = raw }
      guard ContinuousClock.now < deadline else { throw PtyError(description: "still runs; screen:\n\(screen)") }
      if status == nil, !readOutput(milliseconds: 20) { usleep(2000) }
    }
    while ContinuousClock.now < deadline, readOutput(milliseconds: 100) {}
    return Ending(wait: status ?? 0)
  }

  /// Closes the terminal under the program, as when a window is closed. Nothing can be read afterwards.
  func hangUp() throws {
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0, dup2(nothing, pty.master) >= 0 else { throw PtyError(description: "dup2: \(errno)") }
    close(nothing)
  }

  /// How the program left the terminal.
  var terminalModes: TerminalModes {
    var modes = termios()
    tcgetattr(pty.master, &modes)
    return TerminalModes(termios: modes, terminal: terminal)
  }

  /// Reads once; false at the end of the output.
  private func readOutput(milliseconds: Int32) -> Bool {
    var input = pollfd(fd: pty.master, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, milliseconds) > 0 else { return true }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = Glibc.read(pty.master, &buffer, buffer.count)
    // EIO: no program has the terminal open any more.
    guard count > 0 else { return count < 0 && errno == EINTR }
    output += buffer.prefix(count)
    terminal.feed(buffer.prefix(count))
    return true
  }
}
