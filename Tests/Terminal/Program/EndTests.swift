import Glibc
import TestSupport
import Testing

@Suite("The terminal is usable again when the program ends")
struct EndTests {
  private func expectRestored(_ program: PtyProgram, _ ending: Ending) throws {
    #expect(try program.exitStatus() == ending)
    #expect(program.terminalModes == .sane)
    #expect(program.terminal.rendition == .init())
    #expect(program.terminal.unknown.isEmpty)
    #expect(!program.screen.contains("IOMMU groups"))
  }

  @Test("while it runs it is not: the tests below can tell", arguments: [[], ["--mouse"]])
  func whileRunning(more: [String]) throws {
    let program = try PtyProgram(builtProgram("vfioscope"), ["--demo"] + more)
    try program.wait(for: "q quit")
    let modes = program.terminalModes
    #expect(modes.isAlternate && !modes.isCanonical && !modes.echoes && !modes.showsCursor)
    #expect(modes.reportsMouse == !more.isEmpty)
    program.type("q")
    try expectRestored(program, .exited(0))
  }

  @Test("by q in every view that has it", arguments: ["q", "\rq", "\rJq"])
  func quit(keys: String) throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    program.type(keys)
    try expectRestored(program, .exited(0))
  }

  @Test(
    "by a signal, which the parent sees", arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT])
  func signal(number: Int32) throws {
    let program = try startVfioscope("--demo", "--mouse", showing: "q quit")
    program.signal(number)
    try expectRestored(program, .killed(by: number))
  }

  @Test("by Ctrl-C and Ctrl-backslash", arguments: [("\u{3}", SIGINT), ("\u{1C}", SIGQUIT)])
  func interruptKey(key: String, number: Int32) throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    program.type(key)
    try expectRestored(program, .killed(by: number))
  }

  @Test("by the end of the terminal itself")
  func hangUp() throws {
    let program = try startVfioscope("--demo", showing: "q quit")
    try program.hangUp()
    #expect(try program.exitStatus() == .killed(by: SIGHUP))
  }

  @Test("by a signal while a device is not running: it is told which")
  func signalAfterStep() throws {
    let program = try startVfioscope("--demo", "sim:v2-reference,dirty=0", showing: "state ● running", columns: 100)
    try program.arm()
    try program.step(to: "stop")
    try program.wait(for: "state ● stop ")
    program.signal(SIGTERM)
    try expectRestored(program, .killed(by: SIGTERM))
    let farewell = "sim:v2-reference,dirty=0 was in stop when it was closed; many drivers go back to running then."
    #expect(program.terminal.lines.contains(farewell))
  }
}
