import Glibc

/// How the program ends. The same for every command.
enum ExitStatus: Int32 {
  /// Done.
  case done = 0
  /// The device broke a rule of the protocol, or a transfer failed.
  case broken = 1
  /// Wrong usage.
  case usage = 2
  /// The device or the system said no.
  case refused = 3
  /// We said no: it needs arming.
  case unarmed = 4
}

/// Why a command ends early: its code, and one line unless everything has been said already.
struct Failure: Error, Equatable, CustomStringConvertible {
  let status: ExitStatus
  let message: String?

  init(_ status: ExitStatus, _ message: String? = nil) {
    self.status = status
    self.message = message
  }

  var description: String { message ?? "" }
}

/// Whether a user sits at both ends.
var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }
