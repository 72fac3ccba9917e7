import Glibc

/// Why the terminal could not be used. The description is one line for the user.
public enum TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Standard input or output, as named, is not a terminal.
  case notATerminal(String)
  /// TERM is not set, or no terminfo entry has its name.
  case unknownTerminal(String?)
  /// This kind of terminal cannot place the cursor.
  case noCursorMovement(String)
  /// A screen is open already; a process has one.
  case alreadyOpen
  /// A call failed.
  case system(String, errno: Int32)

  /// What went wrong, and what to do about it.
  public var description: String {
    switch self {
    case .notATerminal(let stream): "This needs a terminal, and \(stream) is not one."
    case .unknownTerminal(nil): "TERM is not set. Set it to the kind of your terminal, such as xterm-256color."
    case .unknownTerminal(let name?): "The terminal type \(quoted(name)) is unknown. Set TERM to the kind you have."
    case .noCursorMovement(let name): "A terminal of type \(quoted(name)) cannot place the cursor. Set TERM to another."
    case .alreadyOpen: "The screen is open already."
    case .system(let call, let errno): "\(call) failed: \(String(cString: strerror(errno))) (errno \(errno))."
    }
  }

  private func quoted(_ name: String) -> String {
    "'\(SafeText(name, isASCII: true).string)'"
  }
}
