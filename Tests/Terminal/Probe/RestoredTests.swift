import Glibc
import TestSupport
import Testing

@Suite("The terminal is usable again")
struct TerminalRestoredTests {
  private func expectRestored(_ program: PtyProgram, _ status: Ending) throws {
    #expect(try program.exitStatus() == status)
    #expect(program.terminalModes == .sane)
    #expect(program.terminal.rendition == .init())
    #expect(program.terminal.unknown.isEmpty)
    #expect(!program.screen.contains("probe 60x12"))
  }

  @Test("while the probe runs it is not: the tests below can tell")
  func whileRunning() throws {
    let program = try startProbe(["--mouse"])
    let modes = program.terminalModes
    #expect(
      modes
        == TerminalModes(
          isCanonical: false, echoes: false, signals: true, translatesNewlines: false, isAlternate: true,
          showsCursor: false, reportsMouse: true, applicationKeypad: true))
  }

  @Test("after the program was quit", arguments: [[], ["--mouse"]])
  func quit(arguments: [String]) throws {
    let program = try startProbe(arguments)
    program.type("q")
    try expectRestored(program, .exited(0))
  }

  @Test("after a signal, which the parent sees", arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func signal(number: Int32) throws {
    let program = try startProbe(["--mouse"])
    program.signal(number)
    try expectRestored(program, .killed(by: number))
  }

  @Test("after Ctrl-C and Ctrl-backslash", arguments: [("\u{3}", SIGINT), ("\u{1C}", SIGQUIT)])
  func interruptKey(key: String, number: Int32) throws {
    let program = try startProbe()
    program.type(key)
    try expectRestored(program, .killed(by: number))
  }

  @Test(
    "after a crash, which the parent sees",
    arguments: [
      ("i", SIGILL, "Index out of range"), ("o", SIGSEGV, ""), ("t", SIGILL, "Index out of range"), ("a", SIGABRT, ""),
      ("f", SIGILL, "the probe was asked to fail"), ("s", SIGSEGV, ""),
    ])
  func crash(key: String, number: Int32, message: String) throws {
    let program = try startProbe(["--mouse"], columns: 60)
    program.type(key)
    try expectRestored(program, .killed(by: number))
    #expect(message.isEmpty || program.written.contains(message))
  }

  @Test("after a crash on a terminal without an alternate screen", arguments: ["vt100", "linux"])
  func crashOnOldTerminal(kind: String) throws {
    let program = try startProbe(environment: ["TERM": kind])
    program.type("a")
    #expect(try program.exitStatus() == .killed(by: SIGABRT))
    #expect(program.terminalModes == .sane)
  }

  @Test("after exit() was called with the screen up")
  func exitCall() throws {
    let program = try startProbe(["--mouse"])
    program.type("x")
    try expectRestored(program, .exited(3))
  }

  @Test("before Swift's own crash report is printed, if that is on")
  func backtrace() throws {
    let report = "enable=yes,interactive=no,color=no,symbolicate=off"
    let program = try startProbe(environment: ["SWIFT_BACKTRACE": report])
    program.type("f")
    #expect(try program.exitStatus(seconds: 60) == .killed(by: SIGILL))
    #expect(program.terminalModes == .sane)
    let afterScreen = program.written.split(separator: "\u{1B}[?1049l").last
    #expect(afterScreen?.contains("Program crashed") == true)
  }

  @Test("and shows what was written to standard error, with control characters made harmless")
  func standardError() throws {
    let program = try startProbe()
    program.type("e")
    try program.wait(untilScreen: { $0.contains("keys:1") })
    #expect(!program.screen.contains("caught"))
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminal.lines[0] == "caught ?[31mred")
  }
}

@Suite("A stop by Ctrl-Z")
struct SuspendTests {
  @Test("gives the shell a usable terminal, and the screen comes back")
  func stopAndGoOn() throws {
    let probe = try builtProgram("TerminalProbe")
    let script = "'\(probe)' --mouse; echo stopped; read line; fg >/dev/null; echo over"
    let shell = try PtyProgram("/bin/bash", ["-mc", script], rows: 12, columns: 60)
    try shell.waitForFrame(rows: 12, columns: 60)
    // At once: a stop that comes while a frame is drawn is not lost.
    shell.type("j")
    try shell.wait(untilScreen: { $0.contains("keys:1") })
    shell.type("\u{1A}")
    try shell.wait(untilScreen: { $0.contains("stopped") })
    #expect(shell.terminalModes == .sane)
    #expect(!shell.screen.contains("probe"))

    shell.resize(rows: 10, columns: 50)
    shell.type("\n")
    try shell.waitForFrame(rows: 10, columns: 50)
    #expect(shell.screen.contains("keys:1 "))
    #expect(shell.terminalModes.isAlternate)
    #expect(!shell.terminalModes.isCanonical)
    #expect(shell.terminalModes.applicationKeypad)
    #expect(shell.terminalModes.reportsMouse)
    #expect(!shell.terminalModes.showsCursor)

    shell.type("q")
    #expect(try shell.exitStatus() == .exited(0))
    #expect(shell.screen.contains("over"))
    #expect(shell.terminalModes == .sane)
  }

  @Test("from outside is followed by a whole frame")
  func stopSignal() throws {
    let program = try startProbe()
    program.signal(SIGSTOP)
    program.signal(SIGCONT)
    try program.wait(untilScreen: { $0.contains("resizes:1") })
    #expect(program.screen.contains("probe 60x12"))
  }
}
