import TestSupport
import Testing

/// A command line that can't work, the code it ends with, and what the one line on standard error says.
struct BadInput: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  let code: Int32
  let says: String

  init(_ line: String, _ code: Int32, _ says: String) {
    self.init(line.split(separator: " ").map(String.init), code, says)
  }

  init(_ arguments: [String], _ code: Int32, _ says: String) {
    (self.arguments, self.code, self.says) = (arguments, code, says)
  }

  var testDescription: String { arguments.joined(separator: " ") }
}

extension BadInput {
  static let devices: [BadInput] = [
    BadInput("show 0000:ff:1f.7", 2, "0000:ff:1f.7: no such device on this machine"),
    BadInput("show ffffffff-0000-4000-8000-000000000001", 2, "no such device on this machine"),
    BadInput("show /dev/vfio/devices/vfio4095", 2, "/dev/vfio/devices/vfio4095: no such device on this machine"),
    BadInput("show /dev/vfio/devices/none", 2, "/dev/vfio/devices/none: not a device address; give a PCI address"),
    BadInput("show /dev/vfio/4095", 2, "/dev/vfio/4095: not a device address"),
    BadInput("show ether0", 2, "path like /dev/vfio/devices/vfio0, or vfio-user:PATH, or sim:PROFILE"),
    BadInput(["show", ""], 2, "not a device address"),
    BadInput("step ether0 stop", 2, "ether0: not a device address"),
    BadInput("show vfio-user:/etc/passwd", 2, "vfio-user:/etc/passwd: not a socket; give the one"),
    BadInput("show vfio-user:/", 2, "vfio-user:/: not a socket"),
    BadInput("show vfio-user:/no/such.sock", 3, "vfio-user:/no/such.sock: ENOENT (No such file or directory)"),
    BadInput("show vfio-user:/etc/passwd/x", 3, "vfio-user:/etc/passwd/x: ENOTDIR (Not a directory)"),
    BadInput("show vfio-user:", 3, "vfio-user:: ENOENT"),
    BadInput("ether0", 2, "ether0: no command, and as a device it needs a terminal; try show, or --help"),
    BadInput("sim:v1-reference", 2, "sim:v1-reference: no command, and as a device it needs a terminal"),
  ]

  static let simulated: [BadInput] = [
    BadInput("show sim:v3", 2, "no device profile is named \"v3\"; there are v1-reference, v2-reference"),
    BadInput("show sim:", 2, "no device profile is named \"\""),
    BadInput("show sim:v1-reference,colour=red", 2, "the profile has no option \"colour\"; it has access-latency, "),
    BadInput("show sim:v1-reference,flags=7", 2, "the profile has no option \"flags\""),
    BadInput("show sim:v2-reference,flags=2", 2, "flags=\"2\": expected 1, 3, 5 or 7"),
    BadInput("show sim:v2-reference,size=1", 2, "size=\"1\": expected 4K to 1024G, in whole pages of 4K"),
    BadInput("show sim:v2-reference,fail=stop:ENOSUCH", 2, "expected STATE:ERRNO or STATE:ERRNO:error"),
    BadInput("show sim:v2-reference,flags=1,state=pre-copy", 2, "expected a state that flags=1 has"),
    BadInput("show sim:v2-reference,size", 2, "\"size\" is not of the form option=value"),
    BadInput("show sim:v2-reference,,", 2, "\"\" is not of the form option=value"),
    BadInput("show sim:v2-reference,size=4K,size=8K", 2, "the option size is given twice"),
  ]

  static let states: [BadInput] = [
    BadInput("step sim:v2-reference halt", 2, "halt is no state; states are error, stop, running"),
    BadInput("step sim:v2-reference stop STOP", 2, "STOP is no state"),
    BadInput("step sim:v1-reference running-p2p", 2, "running-p2p is a state of protocol v2; this device speaks v1: "),
    BadInput("step sim:v1-reference stop pre-copy-p2p", 2, "pre-copy-p2p is a state of protocol v2"),
    BadInput("step sim:v1-reference --raw five", 2, "--raw five: give a number of 32 bits, such as 5 or 0x101"),
    BadInput("step sim:v1-reference --raw 4294967296", 2, "--raw 4294967296: give a number of 32 bits"),
    BadInput("step sim:v1-reference --raw 0x", 2, "--raw 0x: give a number of 32 bits"),
    BadInput("step sim:v1-reference --raw=-1", 2, "--raw -1: give a number of 32 bits"),
    BadInput("step sim:v1-reference --raw +5", 2, "--raw +5: give a number of 32 bits"),
    BadInput("step sim:v1-reference --raw 0x-0", 2, "--raw 0x-0: give a number of 32 bits"),
    BadInput("step sim:v1-reference --raw 0x+1", 2, "--raw 0x+1: give a number of 32 bits"),
  ]

  static let usage: [BadInput] = [
    BadInput("--no-such-option", 2, "Unknown option '--no-such-option' (see vfioscope --help)"),
    BadInput("list --bogus", 2, "Unknown option '--bogus' (see vfioscope list --help)"),
    BadInput("stream hex --bogus", 2, "(see vfioscope stream hex --help)"),
    BadInput("step sim:v1-reference", 2, "(see vfioscope step --help)"),
    BadInput("list sim:v1-reference", 2, "Unexpected argument 'sim:v1-reference'"),
    BadInput("show", 2, "Missing expected argument '<device>'"),
    BadInput("show sim:v1-reference sim:v2-reference", 2, "Unexpected argument 'sim:v2-reference'"),
    BadInput("show sim:v1-reference --watch", 2, "Missing value for '--watch <watch>'"),
    BadInput("show sim:v1-reference --watch soon", 2, "The value 'soon' is invalid for '--watch <watch>'"),
    BadInput("show sim:v1-reference --watch 0", 2, "--watch takes 0.01 to 86400 seconds, not 0.0"),
    BadInput("show sim:v1-reference --watch=-1", 2, "--watch takes 0.01 to 86400 seconds, not -1.0"),
    BadInput("show sim:v1-reference --watch nan", 2, "--watch takes 0.01 to 86400 seconds, not nan"),
    BadInput("show sim:v1-reference --watch inf", 2, "--watch takes 0.01 to 86400 seconds, not inf"),
    BadInput("show sim:v1-reference --watch 86401", 2, "--watch takes 0.01 to 86400 seconds, not 86401.0"),
    BadInput("show sim:v1-reference --count 3", 2, "--count goes with --watch and is at least 1"),
    BadInput("show sim:v1-reference --watch 1 --count 0", 2, "--count goes with --watch and is at least 1"),
    BadInput("show sim:v1-reference --via telepathy", 2, "Please provide one of 'auto', 'cdev' or 'group'."),
    BadInput("save sim:v1-reference -o f --max-bytes -5", 2, "The value '-5' is invalid for '--max-bytes <max-bytes>'"),
    BadInput("save sim:v1-reference -o f --max-bytes 1X", 2, "The value '1X' is invalid for '--max-bytes <max-bytes>'"),
    BadInput("load sim:v1-reference -i f --raw --chunk 2G", 2, "--chunk takes 1 to 1G of bytes"),
    BadInput("dirty sim:v2-reference --memory 0", 2, "--memory takes whole pages, from one to 64G"),
    BadInput("dirty sim:v2-reference --iova 0xfffffffffffff000", 2, "it goes beyond the last address there is"),
    BadInput("step", 2, "Missing expected argument '<device>'"),
    BadInput("step sim:v1-reference", 2, "name at least one state, reset, or --raw NUMBER"),
    BadInput("step sim:v1-reference --raw", 2, "Missing value for '--raw <number>'"),
    BadInput("list --root", 2, "Missing value for '--root <root>'"),
    BadInput("list --root /etc/passwd", 3, "/etc/passwd/sys: Not a directory"),
    BadInput("--root /no/such/folder", 3, "/no/such/folder/sys: No such file or directory"),
  ]
}

@Suite("Bad input gives one line on standard error, nothing on standard output, and its code")
struct BadInputTests {
  private func expectOneLine(_ run: Finished, _ code: Int32, _ says: String) {
    #expect(run.status == .exited(code))
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vfioscope: "))
    #expect(run.errors.contains(says))
  }

  @Test("for what is no device", arguments: BadInput.devices)
  func device(_ input: BadInput) throws {
    try expectOneLine(Invocation(input.arguments).finish(), input.code, input.says)
  }

  @Test("for what is no simulated device", arguments: BadInput.simulated)
  func simulated(_ input: BadInput) throws {
    try expectOneLine(Invocation(input.arguments).finish(), input.code, input.says)
  }

  @Test("for what is no state of the device", arguments: BadInput.states)
  func state(_ input: BadInput) throws {
    try expectOneLine(Invocation(input.arguments).finish(), input.code, input.says)
  }

  @Test("for options and arguments that do not fit", arguments: BadInput.usage)
  func usage(_ input: BadInput) throws {
    try expectOneLine(Invocation(input.arguments).finish(), input.code, input.says)
  }

  @Test(
    "with control characters shown, not sent",
    arguments: [
      BadInput(["show", "a\u{1B}[31mb\nc"], 2, "a␛[31mb␊c: not a device address"),
      BadInput(["show", "vfio-user:/\u{1B}]0;x\u{7}"], 3, "vfio-user:/␛]0;x␇: ENOENT"),
      BadInput(["show", "sim:\u{1B}[31m"], 2, "\"\\u{1B}[31m\""),
      BadInput(["show", "sim:v1-reference,size=\u{9B}2J"], 2, "size=\"\\u{009B}2J\""),
      BadInput(["list", "--root", "/\u{1B}[2J"], 3, "/␛[2J/sys"),
      BadInput(["list", "--\u{1B}[2J"], 2, "Unknown option '--␛[2J'"),
      BadInput(["step", "sim:v1-reference", "st\u{202E}op"], 2, "st\u{FFFD}op is no state"),
      BadInput(["\u{1B}c"], 2, "␛c: no command"),
    ])
  func controlCharacters(_ input: BadInput) throws {
    let run = try Invocation(input.arguments).finish()
    expectOneLine(run, input.code, input.says)
    #expect(run.errors.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
  }

  @Test(
    "also for bytes that are no UTF-8",
    arguments: [
      (#"show "$(printf 'a\377')""#, "a\u{FFFD}: not a device address"),
      (#"show "sim:$(printf '\300\200')""#, "no device profile is named \"\\u{FFFD}"),
      (#"step sim:v1-reference "$(printf 'stop\377')""#, "stop\u{FFFD} is no state"),
    ])
  func notUTF8(line: String, says: String) throws {
    let script = "exec '\(try builtProgram("vfioscope"))' \(line)"
    try expectOneLine(Invocation(["-c", script], program: "/bin/sh").finish(), 2, says)
  }
}
