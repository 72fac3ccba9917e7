import Glibc
import TestSupport

/// The program could not be run as the test wants.
struct InvocationError: Error, CustomStringConvertible {
  let description: String
}

/// What a run of the program printed, and how it ended.
struct Finished {
  let output: String
  let errors: String
  let status: Ending

  /// The lines of standard output.
  var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
  /// The lines of standard error.
  var errorLines: [String] {
    errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}

/// Runs the program to its end, with nothing to read and no terminal.
func vfioscope(_ arguments: String..., environment: [String: String?] = [:]) throws -> Finished {
  try Invocation(arguments, environment: environment).finish()
}

/// A run of the program whose output can be read while it goes on. It is killed when the test lets go of it.
final class Invocation {
  private let process: pid_t
  private let output: Receiver
  private let errors: Receiver
  private var hasEnded = false

  /// Starts `program`, which is vfioscope unless a test wraps it.
  init(_ arguments: [String], program: String? = nil, environment: [String: String?] = [:]) throws {
    let (output, outputEnd) = try Receiver.make()
    let (errors, errorEnd) = try Receiver.make()
    defer {
      close(outputEnd)
      close(errorEnd)
    }
    (self.output, self.errors) = (output, errors)
    process = try spawn(program ?? builtProgram("vfioscope"), arguments, environment: environment) { files in
      posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&files, outputEnd, STDOUT_FILENO)
      posix_spawn_file_actions_adddup2(&files, errorEnd, STDERR_FILENO)
    }
  }

  deinit {
    guard !hasEnded else { return }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// Waits for the next line of standard output.
  func line() throws -> String { try output.line() }

  /// Waits for the next line of standard error.
  func errorLine() throws -> String { try errors.line() }

  /// Makes room for more output. What was there by now is still to be had.
  func takeInOutput() throws { try output.takeIn() }

  /// Stops reading, as `head` does when it has enough.
  func closeOutput() { output.close() }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(process, number) }

  /// Waits for the end, so many seconds for each piece of output. What was taken line by line is not in the rest again.
  func finish(patience seconds: Int32 = 10) throws -> Finished {
    // One after the other is safe: nothing here prints more errors than a socket holds.
    let rest = try (output.rest(patience: seconds), errors.rest(patience: seconds))
    var raw: Int32 = 0
    waitpid(process, &raw, 0)
    hasEnded = true
    return Finished(output: rest.0, errors: rest.1, status: Ending(wait: raw))
  }
}
