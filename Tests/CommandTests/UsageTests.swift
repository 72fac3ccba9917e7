import TestSupport
import Testing

@Suite("What the program says of itself")
struct UsageTests {
  @Test("--version prints the version alone")
  func version() throws {
    let run = try vfioscope("--version")
    #expect(run.status == .exited(0))
    #expect(run.lines.count == 1)
    #expect(run.output.contains(/^\d+\.\d+\.\d+\n$/))
    #expect(run.errors.isEmpty)
  }

  @Test("--help names every command on standard output")
  func help() throws {
    let run = try vfioscope("--help")
    #expect(run.status == .exited(0))
    for command in ["inspect", "list", "show", "step", "dirty"] {
      #expect(run.lines.contains { $0.hasPrefix("  \(command) ") }, "\(command)")
    }
    #expect(run.errors.isEmpty)
  }

  @Test(
    "a command's --help names its arguments",
    arguments: [
      ("list", ["--json", "--root <root>", "--demo"]),
      ("show", ["<device>", "--json", "--watch <watch>", "--count <count>", "--trace", "--via <via>"]),
      ("step", ["<device>", "<states>", "--raw <number>", "--json", "--trace", "--yes", "--via <via>"]),
      (
        "dirty",
        [
          "<device>", "--memory <memory>", "--iova <iova>", "--page-size <page-size>", "--interval <interval>",
          "--reports <reports>", "--by <by>", "--map", "--json", "--trace", "--via <via>",
        ]
      ),
    ])
  func commandHelp(command: String, arguments: [String]) throws {
    let run = try vfioscope(command, "--help")
    #expect(run.status == .exited(0))
    for argument in arguments { #expect(run.lines.contains { $0.hasPrefix("  \(argument)") }, "\(argument)") }
    #expect(run.errors.isEmpty)
  }

  private func words(_ command: String...) throws -> String {
    try Invocation(command + ["--help"]).finish().output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test("wherever a device is named, all forms of its name are", arguments: ["show", "save", "load", "dirty", "serve"])
  func names(command: String) throws {
    #expect(try words(command).contains("node in /dev/vfio/devices, vfio-user:PATH, or sim:PROFILE."))
  }

  @Test("the program's own help names them too, in whole lines")
  func rootNames() throws {
    #expect(try words().contains("node (/dev/vfio/devices/vfio3), the socket of a vfio-user server (vfio-user:PATH)"))
    #expect(try !vfioscope("--help").lines.contains { $0.hasSuffix("its node") })
  }

  @Test("numbers of bytes are shown as people write them, and no help text is left alone on a line")
  func bytes() throws {
    #expect(try words("save").contains("End with a failure after so many bytes. (default: 1T)"))
    #expect(try words("serve").contains("payload, not all."))
    #expect(try !vfioscope("serve", "--help").output.contains("All, unless"))
  }

  @Test("show and step say that a state lasts only while the device is open", arguments: ["show", "step"])
  func closing(command: String) throws {
    let text = try vfioscope(command, "--help").output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      text.contains("many drivers go back to running when") || text.contains("Many drivers go back to running when"))
  }

  @Test("without a terminal the demo is printed as list prints it")
  func demoOnAPipe() throws {
    let run = try vfioscope("--demo")
    #expect(run.status == .exited(0))
    #expect(run.lines.count > 5)
    #expect(try run.output == vfioscope("list", "--demo").output)
    #expect(run.errors.isEmpty)
  }
}
