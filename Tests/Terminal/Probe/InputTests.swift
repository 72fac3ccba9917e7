import Glibc
import TestSupport
import Testing

@Suite("A program on a terminal")
struct ProgramOnTerminalTests {
  @Test("takes keys as they come, in a burst too")
  func keys() throws {
    let program = try startProbe(columns: 100)
    program.type("j\u{1B}OA\u{1B}[6~\u{1B}[21~\r\u{C}")
    try program.wait(untilScreen: { $0.contains("keys:6") })
    #expect(program.screen.contains(#"keys character("j") up pageDown function(10) enter control("l")"#))
    program.type(String(repeating: "k", count: 2000))
    try program.wait(untilScreen: { $0.contains("keys:2006") })
  }

  @Test("takes Escape alone as a key")
  func escape() throws {
    let program = try startProbe()
    program.type("\u{1B}")
    try program.wait(untilScreen: { $0.contains("keys escape") })
  }

  @Test("takes characters outside ASCII, and survives bytes that are none")
  func unicodeKeys() throws {
    let program = try startProbe(columns: 120)
    program.type("é日")
    try program.wait(untilScreen: { $0.contains(#"character("é") character("日")"#) })
    program.send([0xFF, 0xC3, 0x28, 0x80])
    program.type("j")
    try program.wait(untilScreen: { $0.contains(#"character("j")"#) })
  }

  @Test(
    "takes the mouse when asked",
    arguments: [
      ("xterm-256color", "\u{1B}[<0;6;4M", "click(row: 3, column: 5)"),
      ("xterm-256color", "\u{1B}[<64;6;4M", "wheelUp(row: 3, column: 5)"),
      ("xterm-256color", "\u{1B}[<65;6;4M", "wheelDown(row: 3, column: 5)"),
      ("tmux-256color", "\u{1B}[M &$", "click(row: 3, column: 5)"),
    ])
  func mouse(kind: String, sent: String, expected: String) throws {
    let program = try startProbe(["--mouse"], environment: ["TERM": kind])
    program.type(sent)
    try program.wait(untilScreen: { $0.contains(expected) })
  }

  @Test("leaves the mouse to the terminal until it is switched on")
  func mouseSwitch() throws {
    let program = try startProbe()
    #expect(!program.terminalModes.reportsMouse)
    program.type("m")
    try program.wait(until: { $0.terminalModes.reportsMouse })
    program.type("m")
    try program.wait(until: { !$0.terminalModes.reportsMouse })
  }

  @Test("draws again at a new size", arguments: [(30, 100), (3, 40), (40, 41)])
  func resize(rows: Int, columns: Int) throws {
    let program = try startProbe()
    program.resize(rows: rows, columns: columns)
    try program.waitForFrame(rows: rows, columns: columns)
    #expect(program.terminal.unknown.isEmpty)
  }

  @Test("survives a terminal of one cell and comes back")
  func tiny() throws {
    let program = try startProbe()
    program.resize(rows: 1, columns: 1)
    program.read(seconds: 0.1)
    program.resize(rows: 12, columns: 70)
    try program.waitForFrame(rows: 12, columns: 70)
  }

  @Test("is woken by another thread")
  func wake() throws {
    let program = try startProbe()
    program.type("w")
    try program.wait(untilScreen: { $0.contains("wakes:1") })
  }

  @Test("gets ticks, also while keys keep coming")
  func ticks() throws {
    let program = try startProbe(["--tick", "20"])
    try program.wait(untilScreen: { screen in
      program.type("j")
      return screen.contains("ticks:5")
    })
  }

  @Test("sleeps when nothing happens, and writes nothing")
  func idle() throws {
    let program = try startProbe()
    program.read(seconds: 0.1)
    let before = program.output.count
    program.read(seconds: 0.3)
    #expect(program.output.count == before)
  }

  @Test("writes only what changed")
  func littleOutput() throws {
    let program = try startProbe(rows: 40, columns: 140)
    let before = program.output.count
    program.type("\u{1B}[B")
    try program.wait(untilScreen: { $0.contains("keys:1") })
    #expect(program.output.count - before < 100)
  }

  @Test("rings the bell")
  func bell() throws {
    let program = try startProbe()
    program.type("b")
    try program.wait(until: { $0.terminal.bells == 1 })
  }

  @Test("ends when its terminal is gone")
  func hangUp() throws {
    let program = try startProbe()
    try program.hangUp()
    #expect(try program.exitStatus() == .killed(by: SIGHUP))
  }

  @Test("started with SIGHUP ignored goes on after one, and still ends when its terminal is gone")
  func ignoredHangUp() throws {
    let script = "trap '' HUP; exec '\(try builtProgram("TerminalProbe"))'"
    let program = try PtyProgram("/bin/sh", ["-c", script], rows: 12, columns: 60)
    try program.waitForFrame(rows: 12, columns: 60)
    program.signal(SIGHUP)
    program.type("j")
    try program.wait(untilScreen: { $0.contains("keys:1") })
    try program.hangUp()
    #expect(try program.exitStatus() == .killed(by: SIGHUP))
  }
}
