import Glibc
import TestSupport
import Testing

@Suite("The program suits its terminal")
struct SurroundingsTests {
  @Test("when its size changes, down to where it refuses, and back")
  func sizes() throws {
    let program = try startVfioscope("--demo", "sim:v2-reference,dirty=0", showing: "state ● running")
    program.resize(rows: 16, columns: 60)
    try program.wait(until: { $0.screen.contains("state ● running") && $0.terminal.lines[0].count == 59 })
    try program.wait(for: "[● running ]", "? help")
    program.resize(rows: 10, columns: 40)
    try program.wait(for: "The terminal is 40×10.")
    #expect(!program.screen.contains("running"))
    program.resize(rows: 24, columns: 80)
    try program.wait(for: "state ● running", "q quit", "│● running  │")
    #expect(program.terminal.unknown.isEmpty)
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("when it is too small, no key does anything but quit")
  func tooSmall() throws {
    let program = try startVfioscope("--demo", "3b:00.2", showing: "state ● running")
    try program.arm()
    program.resize(rows: 10, columns: 40)
    try program.wait(for: "The terminal is 40×10.")
    program.type("sjjj\ry?")
    // The frame of another size comes after the keys.
    program.resize(rows: 10, columns: 41)
    try program.wait(for: "The terminal is 41×10.")
    program.resize(rows: 24, columns: 80)
    try program.wait(for: "state ● running", "s step", "ARMED")
    program.resize(rows: 10, columns: 40)
    try program.wait(for: "The terminal is 40×10.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminalModes == .sane)
  }

  @Test(
    "when it can't be used, one line says so",
    arguments: [
      ("dumb", "A terminal of type 'dumb' cannot place the cursor. Set TERM to another."),
      ("nonesuch", "The terminal type 'nonesuch' is unknown. Set TERM to the kind you have."),
      ("", "TERM is not set. Set it to the kind of your terminal, such as xterm-256color."),
    ])
  func unusable(kind: String, message: String) throws {
    let program = try PtyProgram(
      builtProgram("vfioscope"), ["--demo"], columns: 120, environment: ["TERM": kind])
    #expect(try program.exitStatus() == .exited(3))
    #expect(program.terminal.lines[0] == "vfioscope: \(message)")
    #expect(program.terminal.lines[1...].allSatisfy { $0.isEmpty })
    #expect(program.terminalModes == .sane)
  }

  @Test("with ASCII alone when asked, or when the locale has no more", arguments: [["--ascii"], []])
  func ascii(more: [String]) throws {
    let locale = more.isEmpty ? ["LANG": "C"] : ["LANG": "C.UTF-8"]
    let program = try PtyProgram(
      builtProgram("vfioscope"), ["--demo", "sim:v2-reference,dirty=0"] + more, environment: locale)
    try program.wait(for: "state * running")
    try program.type("s", andWaitFor: "Step from running")
    program.type("qq")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.output.allSatisfy { $0 < 0x80 })
  }

  @Test("with ASCII alone in the views of a flow and of dirty pages", arguments: ["xterm", "vt100"])
  func asciiFlow(kind: String) throws {
    let surroundings = ["LC_ALL": "C", "TERM": kind]
    let flow = try startMigrating(
      "sim:v2-reference,size=64M,rate=8M,dirty=1M", rows: 24, columns: 80, environment: surroundings)
    try flow.wait(for: "* pre-copy", "x give up", " left, ", "rrrr")
    flow.signal(SIGTERM)
    #expect(try flow.exitStatus() == .killed(by: SIGTERM))
    #expect(flow.screen.contains("was given up."))
    let dirty = try startArmed("sim:v2-reference,size=64K", rows: 24, columns: 80, environment: surroundings)
    try dirty.type("d", andWaitFor: "Watch its dirty pages?")
    try dirty.type("y", andWaitFor: "+ Pages: # just written")
    try dirty.wait(for: "last        ")
    dirty.type("q")
    #expect(try dirty.exitStatus() == .exited(0))
    for program in [flow, dirty] {
      #expect(program.output.allSatisfy { $0 < 0x80 })
      #expect(program.terminal.unknown.isEmpty)
      #expect(program.terminalModes == .sane)
    }
  }

  @Test("without colours in the view of a flow with NO_COLOR")
  func plainFlow() throws {
    let program = try startMigrating(
      "sim:v2-reference,size=64M,rate=8M", rows: 24, columns: 80, environment: ["NO_COLOR": "1"])
    try program.wait(for: "● pre-copy", "┤", "x give up")
    try program.type("q", andWaitFor: "Quit in the middle of it?")
    program.type("y")
    #expect(try program.exitStatus() == .exited(0))
    #expect(coloursUsed(by: program).isEmpty)
  }

  /// Codes of colours that were written.
  private func coloursUsed(by program: PtyProgram) -> [Int] {
    let codes = program.written.matches(of: /\x1B\[([0-9;]*)m/).flatMap { $0.1.split(separator: ";") }
    // 39 and 49 take colours back.
    let colours = [30...38, 40...48, 90...107]
    return codes.compactMap { Int($0) }.filter { code in colours.contains { $0.contains(code) } }
  }

  @Test("with colours, unless NO_COLOR is set", arguments: [nil, "1"])
  func colours(noColor: String?) throws {
    let program = try startVfioscope(
      "--demo", "sim:v2-reference,dirty=0", showing: "state ● running", environment: ["NO_COLOR": noColor])
    try program.arm()
    #expect(program.written.matches(of: /\x1B\[[0-9;]*m/).count > 20)
    #expect(coloursUsed(by: program).isEmpty == (noColor != nil))
  }
}
