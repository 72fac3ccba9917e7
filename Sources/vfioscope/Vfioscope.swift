import ArgumentParser
import Glibc
import Inspector
import Migration
import Rulebook

/// The program: without a command it opens the terminal program.
struct Vfioscope: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vfioscope",
    abstract: "Watch and step the migration state of VFIO devices.",
    discussion: """
      A device is named by its PCI address (0000:3b:00.2), the UUID of a mediated device, its node \
      (/dev/vfio/devices/vfio3), the socket of a vfio-user server (vfio-user:PATH), or as a simulated one \
      (sim:PROFILE[,key=value...]).
      """,
    version: "0.1.0",
    subcommands: [
      Inspect.self, List.self, Show.self, Step.self, Save.self, Load.self, Migrate.self, Stream.self, Dirty.self,
      Check.self, Explain.self, Compare.self, Fault.self, Run.self, Serve.self, Proxy.self, Trace.self,
    ],
    defaultSubcommand: Inspect.self)
}

@main
enum Program {
  static func main() {
    // A reader that has gone, as in `vfioscope list | head`, ends the program by SIGPIPE, as it does other filters.
    // Whoever starts the program may have left the signal ignored. Commands that hold a device in the middle of something
    // ignore it themselves (Interruption).
    signal(SIGPIPE, SIG_DFL)
    openStandardDescriptors()
    do {
      var command = try Vfioscope.parseAsRoot()
      try command.run()
    } catch {
      exit(report(error).rawValue)
    }
  }

  /// Opens those of the standard input, output and error that the program was started without: a file or a device would
  /// have their numbers otherwise, and what is printed would be written to it.
  private static func openStandardDescriptors() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      // The lowest number that is free is the one that is missing.
      guard open("/dev/null", O_RDWR) == number else { exit(ExitStatus.refused.rawValue) }
    }
  }

  /// Prints why the program ends, on one line, and gives the code it ends with.
  private static func report(_ error: any Error) -> ExitStatus {
    switch error {
    case let failure as Failure:
      if let message = failure.message { printError("vfioscope: \(printable(message))") }
      return failure.status
    case let failure as OpenFailure:
      printError("vfioscope: \(printable(failure.description))")
      return failure.kind == .name ? .usage : .refused
    case let error as ScenarioError:
      printError("vfioscope: \(printable(error.description))")
      return .usage
    case let fault as StreamFault:
      printError("vfioscope: \(printable(fault.description))")
      return fault.status
    default: return reportOther(error)
    }
  }

  /// The command line that tells more. Which command was meant only ArgumentParser knows, and says so in its long text:
  /// `See 'vfioscope show --help' for more information.`
  private static func help(for error: any Error) -> String {
    let line = Vfioscope.fullMessage(for: error).split(separator: "\n").last { $0.contains("See 'vfioscope ") }
    let quoted = line.flatMap { $0.split(separator: "'").dropFirst().first }.map(String.init)
    // Nobody needs to type the command that is meant without one.
    let isNamed = CommandLine.arguments.contains(Inspect.configuration.commandName ?? "")
    guard let quoted, isNamed || !quoted.hasPrefix("vfioscope inspect ") else { return "vfioscope --help" }
    return printable(quoted)
  }

  /// Help and version come as errors too; what ArgumentParser does not know is no fault of the command line.
  private static func reportOther(_ error: any Error) -> ExitStatus {
    switch Vfioscope.exitCode(for: error) {
    case .success: Vfioscope.exit(withError: error)
    case .validationFailure:
      printError("vfioscope: \(printable(Vfioscope.message(for: error))) (see \(help(for: error)))")
      return .usage
    default:
      printError("vfioscope: \(printable("\(error)"))")
      return .refused
    }
  }
}
