import ArgumentParser
import Glibc
import Inspector
import Inventory

/// Without a command: the terminal program.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Open the terminal program (the default).")

  @Argument(help: "A device to open at once.")
  var device: String?

  @Flag(help: "Open a simulated lab machine instead of this one.")
  var demo = false

  @Option(help: "A folder that holds sys/, proc/ and dev/ in the place of /: its devices are listed, not opened.")
  var root: String?

  @Option(help: "The way to a device of the kernel: its own node (cdev) or its group.")
  var via: DeviceOptions.Way = .auto

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @Flag(help: "Take clicks and the wheel. The terminal's own selection then needs Shift.")
  var mouse = false

  func run() throws {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      // A mistyped command comes here as a device: a script must not get the listing and success for it.
      if let device {
        throw Failure(.usage, "\(device): no command, and as a device it needs a terminal; try show, or --help")
      }
      try listing().text.forEach(printLine)
      return
    }
    let program = try InspectorProgram()
    try program.run(
      root: root.map(Root.init) ?? .system, opener: DeviceOpener(via: via.interface),
      device: device.map(DeviceReference.init), ascii: ascii,
      mouse: mouse, scan: listing, say: printError)
  }

  private func listing() throws -> Listing {
    demo ? .demo : try .scanned(root.map(Root.init) ?? .system)
  }
}
