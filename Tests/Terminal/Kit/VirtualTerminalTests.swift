import Testing

/// The screen after a program wrote something.
private func screen(_ written: String, rows: Int = 4, columns: Int = 10) -> VirtualTerminal {
  var terminal = VirtualTerminal(rows: rows, columns: columns)
  terminal.feed(written.utf8)
  return terminal
}

@Suite("The terminal in memory")
struct VirtualTerminalTests {
  /// What xterm does, with sequences as its terminfo entry has them.
  @Test(
    "does what a sequence says",
    arguments: [
      ("ab\r\ncd", ["ab", "cd", "", ""]),
      ("\u{1B}[3;4Hx", ["", "", "   x", ""]),
      ("abc\u{8}\u{8}x", ["axc", "", "", ""]),
      ("\u{1B}[4dx\u{1B}[8Gy", ["", "", "", "x      y"]),
      ("x\u{1B}[2Cy\u{1B}[2Dz", ["x zy", "", "", ""]),
      ("abcdef\u{1B}[3G\u{1B}[K", ["ab", "", "", ""]),
      ("abcdef\u{1B}[3G\u{1B}[1K", ["   def", "", "", ""]),
      ("abcdef\u{1B}[3G\u{1B}[2X", ["ab  ef", "", "", ""]),
      ("abcdef\u{1B}[3G\u{1B}[2P", ["abef", "", "", ""]),
      ("abcdef\u{1B}[3G\u{1B}[2@", ["ab  cdef", "", "", ""]),
      ("abcd\u{1B}[4h\u{1B}[2Gxy\u{1B}[4lz", ["axyzcd", "", "", ""]),
      ("a\u{1B}[4b", ["aaaaa", "", "", ""]),
      ("1\r\n2\r\n3\r\n4\u{1B}[2;1H\u{1B}[J", ["1", "", "", ""]),
      ("1\r\n2\r\n3\r\n4\u{1B}[2;1H\u{1B}[L", ["1", "", "2", "3"]),
      ("1\r\n2\r\n3\r\n4\u{1B}[2;1H\u{1B}[M", ["1", "3", "4", ""]),
      ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
      ("1\r\n2\r\n3\r\n4\u{1B}[H\u{1B}M0", ["0", "1", "2", "3"]),
      ("1\r\n2\r\n3\r\n4\u{1B}[2;3r\u{1B}[3;1H\nx", ["1", "3", "x", "4"]),
      ("1\r\n2\r\n3\r\n4\u{1B}[2S", ["3", "4", "", ""]),
      ("1\r\n2\r\n3\r\n4\u{1B}[1T", ["", "1", "2", "3"]),
      ("ab\u{1B}7\u{1B}[4;1Hx\u{1B}8c", ["abc", "", "", "x"]),
      ("0123456789", ["0123456789", "", "", ""]),
      ("0123456789x", ["0123456789", "x", "", ""]),
      ("012345678日", ["012345678", "日", "", ""]),
      ("日本\u{1B}[2Gx", [" x本", "", "", ""]),
      ("e\u{301}x", ["e\u{301}x", "", "", ""]),
      ("\u{1B}(0lqk\u{1B}(Blqk", ["┌─┐lqk", "", "", ""]),
      ("\u{1B}(B\u{1B})0\u{E}x\u{F}x", ["│x", "", "", ""]),
      ("\u{1B}]0;a title\u{7}x\u{1B}]4;1\u{1B}\\y", ["xy", "", "", ""]),
    ])
  func sequences(written: String, expected: [String]) {
    let terminal = screen(written)
    #expect(terminal.lines == expected)
    #expect(terminal.unknown.isEmpty)
  }

  @Test("knows a sequence or a character that comes in pieces")
  func pieces() {
    var terminal = VirtualTerminal(rows: 1, columns: 10)
    for byte in "\u{1B}[2G日\u{1B}[1;31mé".utf8 { terminal.feed([byte]) }
    #expect(terminal.lines == [" 日é"])
    #expect(terminal.grid[0][3].rendition == .init(bold: true, foreground: 1))
  }

  @Test("keeps how text looks")
  func renditions() {
    let terminal = screen("\u{1B}[1;4;7;33;44mA\u{1B}[22;24;27;39;49mB\u{1B}[2;38;5;208mC\u{1B}[0mD\u{1B}[mE")
    let expected: [VirtualTerminal.Rendition] = [
      .init(bold: true, underline: true, reverse: true, foreground: 3, background: 4), .init(),
      .init(dim: true, foreground: 208), .init(), .init(),
    ]
    #expect(terminal.grid[0].prefix(5).map(\.rendition) == expected)
  }

  @Test("gives the main screen back when the alternate one is left")
  func alternate() {
    var terminal = screen("shell$ \u{1B}[?1049h\u{1B}[H\u{1B}[2Jprogram\u{1B}[?25l")
    #expect(terminal.lines[0] == "program")
    #expect(terminal.isAlternate)
    #expect(!terminal.showsCursor)
    terminal.feed("\u{1B}[?1049l\u{1B}[?25h$".utf8)
    #expect(terminal.lines[0] == "shell$ $")
    #expect(!terminal.isAlternate)
    #expect(terminal.showsCursor)
  }

  @Test(
    "says so when it does not know a sequence",
    arguments: ["\u{1B}[5n", "\u{1B}[?1q", "\u{1B}Q", "\u{1B}[99m", "\u{3}"])
  func unknown(written: String) {
    #expect(!screen(written).unknown.isEmpty)
  }

  @Test("survives a size of one cell and anything written to it")
  func oneCell() {
    var terminal = screen("abc\u{1B}[9;9Hx\u{1B}[5L\u{1B}[5M\u{1B}[5@\u{1B}[5P", rows: 1, columns: 1)
    #expect(terminal.lines.count == 1)
    terminal.resize(rows: 3, columns: 5)
    #expect(terminal.lines.count == 3)
  }

  @Test("rings")
  func bell() {
    #expect(screen("\u{7}\u{7}").bells == 2)
  }
}
