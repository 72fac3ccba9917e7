import ArgumentParser
import Glibc
import Inspector
import Migration

extension Stream {
  /// `stream view`: the terminal program on one stream, or on two to compare them.
  struct View: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Look into a stream in the terminal program, or compare two side by side.")

    @Argument(help: "The file.")
    var file: String

    @Argument(help: "A second file, to compare the first one with.")
    var other: String?

    @Flag(help: "Draw with ASCII characters only.")
    var ascii = false

    @Flag(help: "Take clicks and the wheel. The terminal's own selection then needs Shift.")
    var mouse = false

    func run() throws {
      guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
        throw Failure(.usage, "stream view needs a terminal; try stream info, hex, records or diff")
      }
      let program = try InspectorProgram()
      var options = InspectorProgram.Options()
      options.files = [file] + (other.map { [$0] } ?? [])
      options.root = nil
      (options.ascii, options.mouse) = (ascii, mouse)
      // What can't be opened is better said on a screen that stays.
      for file in options.files { _ = try Capture(opening: file) }
      try program.run(
        options, opener: DeviceOpener(), scan: { Listing(iommu: "", groups: []) }, say: printError)
    }
  }
}
