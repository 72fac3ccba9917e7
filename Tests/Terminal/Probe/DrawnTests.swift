import TestSupport
import Testing

@Suite("What is drawn")
struct DrawnTests {
  @Test("shows wide and combining characters, and nothing that acts on the terminal")
  func text() throws {
    let program = try startProbe(["--text", "é 日本語 e\u{301} \u{1B}[31mred \u{202E}x"])
    #expect(program.screen.contains("│é 日本語 e\u{301} ␛[31mred \u{FFFD}x"))
    #expect(program.terminal.lines.allSatisfy { !$0.contains("日") || $0.hasSuffix("│") })
    #expect(!program.written.contains("\u{1B}[31mred"))
  }

  @Test("is ASCII where the locale is, and where it is asked for", arguments: [[:], ["LANG": "C.UTF-8"]])
  func ascii(environment: [String: String]) throws {
    let arguments = environment.isEmpty ? [] : ["--ascii"]
    let locale = environment.isEmpty ? ["LANG": "C"] : environment
    let program = try startProbe(arguments + ["--text", "é日"], environment: locale)
    #expect(program.terminal.lines[0].hasPrefix("+ probe 60x12 ---"))
    #expect(program.screen.contains("|??"))
    #expect(program.output.allSatisfy { $0 < 0x80 })
  }

  @Test("is UTF-8 where the locale's name says so, even if that locale is not installed")
  func absentLocale() throws {
    let program = try startProbe(environment: ["LANG": "xx_XX.UTF-8"])
    #expect(program.terminal.lines[0].hasPrefix("┌ probe"))
  }

  @Test("looks the same on every kind of terminal", arguments: ["xterm-256color", "tmux-256color", "linux", "vt100"])
  func kinds(kind: String) throws {
    let program = try startProbe(environment: ["TERM": kind])
    #expect(program.terminal.lines[0] == "┌ probe 60x12 " + String(repeating: "─", count: 45) + "┐")
    #expect(program.terminal.lines[11] == "└" + String(repeating: "─", count: 58) + "┘")
    #expect(program.terminal.unknown.isEmpty)
    program.type("\u{1B}[B")
    try program.wait(untilScreen: { $0.contains("keys down") })
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminalModes == .sane)
  }

  private func rendition(of text: String, in program: PtyProgram) throws -> VirtualTerminal.Rendition {
    let line = try #require(program.terminal.grid.first { $0.map(\.text).joined().contains(text) })
    return line[1].rendition
  }

  @Test("has colours")
  func color() throws {
    let program = try startProbe()
    #expect(try rendition(of: "danger", in: program) == .init(bold: true, foreground: 1))
    #expect(try rendition(of: "selected", in: program) == .init(reverse: true))
  }

  @Test("has no colours with NO_COLOR, or on a terminal without", arguments: [["NO_COLOR": "1"], ["TERM": "vt100"]])
  func noColor(environment: [String: String]) throws {
    let program = try startProbe(environment: environment)
    #expect(
      program.terminal.grid.joined().allSatisfy { $0.rendition.foreground == nil && $0.rendition.background == nil })
    #expect(try rendition(of: "danger", in: program).bold)
    #expect(try rendition(of: "selected", in: program) == .init(reverse: true))
  }

  @Test("has colours with an empty NO_COLOR")
  func emptyNoColor() throws {
    let program = try startProbe(environment: ["NO_COLOR": ""])
    #expect(try rendition(of: "danger", in: program).foreground == 1)
  }
}

@Suite("A terminal that cannot be used")
struct RefusedTests {
  @Test(
    "is refused in one line",
    arguments: [
      ("dumb", "A terminal of type 'dumb' cannot place the cursor."),
      ("nonesuch", "The terminal type 'nonesuch' is unknown."),
      ("", "TERM is not set."), ("a\u{1B}[2Jb", "The terminal type 'a?[2Jb' is unknown."),
    ])
  func refused(kind: String, message: String) throws {
    let program = try PtyProgram(builtProgram("TerminalProbe"), columns: 120, environment: ["TERM": kind])
    #expect(try program.exitStatus() == .exited(2))
    #expect(program.terminal.lines[0].hasPrefix("TerminalProbe: \(message)"))
    #expect(program.terminal.lines[1...].allSatisfy { $0.isEmpty })
    #expect(program.terminalModes == .sane)
  }

  @Test("is refused when TERM is missing")
  func missing() throws {
    let program = try PtyProgram(builtProgram("TerminalProbe"), environment: ["TERM": String?.none])
    #expect(try program.exitStatus() == .exited(2))
    #expect(program.screen.contains("TERM is not set."))
  }

  @Test(
    "is refused when it is none",
    arguments: [("</dev/null", "standard input"), ("| cat", "standard output"), (">/dev/null", "standard output")])
  func noTerminal(redirection: String, stream: String) throws {
    let script = "'\(try builtProgram("TerminalProbe"))' \(redirection)"
    let program = try PtyProgram("/bin/sh", ["-c", script])
    _ = try program.exitStatus()
    #expect(program.terminal.lines[0] == "TerminalProbe: This needs a terminal, and \(stream) is not one.")
    #expect(program.terminal.lines[1...].allSatisfy { $0.isEmpty })
  }
}
