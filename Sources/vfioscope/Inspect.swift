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

  @Option(help: "Draw plots with braille dots, with blocks, or with letters.")
  var plots: Plots = .braille

  enum Plots: String, ExpressibleByArgument, CaseIterable { case braille, block, ascii }

  @Flag(help: "Take clicks and the wheel. The terminal's own selection then needs Shift.")
  var mouse = false

  func run() throws {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      // A mistyped command comes here as a device: a script must not get the listing and success for it.
      if let device {
        throw Failure(.usage, "\(device): no command, and as a device it needs a terminal; try show, or --help")
      }
      try scan().text.forEach(printLine)
      return
    }
    let program = try InspectorProgram()
    let opener = DeviceOpener(via: via.interface, listedFrom: demo ? "the demo" : root)
    try program.run(options, opener: opener, scan: scan, say: printError)
  }

  private var options: InspectorProgram.Options {
    var options = InspectorProgram.Options()
    options.device = device.map(DeviceReference.init)
    options.root = demo ? nil : place
    (options.ascii, options.plots, options.mouse) = (ascii, plots.rawValue, mouse)
    return options
  }

  private var place: Root { root.map(Root.init) ?? .system }

  /// Reads what there is to show; made so that it can be called on another thread.
  private var scan: @Sendable () throws -> Listing {
    let (demo, place) = (demo, place)
    return { demo ? .demo : try .scanned(place) }
  }
}
