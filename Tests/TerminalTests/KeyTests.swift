import CNcurses
import Testing

@testable import Terminal

/// Decodes a burst of input given as curses gives it.
private func keys(_ raw: [RawKey], limit: Int = 100) -> [Key] {
  var rest = raw[...]
  var decoder = KeyDecoder { rest.popFirst() }
  return decoder.keys(limit: limit).keys
}

private func typed(_ text: String) -> [RawKey] {
  text.utf8.map { .byte($0) }
}

@Suite("A key")
struct KeyTests {
  @Test(
    "is known by its character",
    arguments: [
      ("a", Key.character("a")), ("?", .character("?")), (" ", .character(" ")), ("é", .character("é")),
      ("日", .character("日")), ("\r", .enter), ("\n", .enter), ("\t", .tab), ("\u{7F}", .backspace),
      ("\u{8}", .backspace),
      ("\u{C}", .control("l")), ("\u{1}", .control("a")), ("\u{1A}", .control("z")), ("\u{1B}", .escape),
    ])
  func character(text: String, key: Key) {
    #expect(keys(typed(text)) == [key])
  }

  @Test("that is no key here is left out", arguments: ["\u{0}", "\u{1C}", "\u{1F}", "\u{85}", "\u{9B}"])
  func noKey(text: String) {
    #expect(keys(typed(text)).isEmpty)
  }

  @Test(
    "is known by its curses number",
    arguments: [
      (CN_KEY_UP, Key.up), (CN_KEY_DOWN, .down), (CN_KEY_LEFT, .left), (CN_KEY_RIGHT, .right), (CN_KEY_HOME, .home),
      (CN_KEY_END, .end), (CN_KEY_PAGE_UP, .pageUp), (CN_KEY_PAGE_DOWN, .pageDown), (CN_KEY_ENTER, .enter),
      (CN_KEY_BACK_TAB, .backTab), (CN_KEY_BACKSPACE, .backspace), (CN_KEY_INSERT, .insert), (CN_KEY_DELETE, .delete),
      (CN_KEY_F0 + 1, .function(1)), (CN_KEY_F0 + 12, .function(12)), (CN_KEY_F0 + 63, .function(63)),
    ])
  func special(number: Int, key: Key) {
    #expect(keys([.special(number)]) == [key])
  }

  @Test("with a curses number that means nothing is left out", arguments: [CN_KEY_F0, CN_KEY_F0 + 64, 0, -1, 0o632])
  func unknownNumber(number: Int) {
    #expect(keys([.special(number)]).isEmpty)
  }
}

@Suite("A burst of input")
struct KeyDecoderTests {
  @Test("keeps its order")
  func order() {
    let raw = typed("j") + [.special(Int(CN_KEY_UP)), .mouse(.click(row: 2, column: 3)), .ignored] + typed("k")
    #expect(keys(raw) == [.character("j"), .up, .click(row: 2, column: 3), .character("k")])
  }

  @Test(
    "leaves out an escape sequence that curses does not know, as a whole",
    arguments: ["\u{1B}[200~", "\u{1B}[1;9Z", "\u{1B}[I", "\u{1B}[?62;22c", "\u{1B}OX", "\u{1B}["])
  func unknownSequence(sequence: String) {
    #expect(keys(typed("a\(sequence)b")) == [.character("a")] + (sequence == "\u{1B}[" ? [] : [.character("b")]))
  }

  @Test(
    "knows the usual sequences even if the terminfo entry does not",
    arguments: [
      ("[A", Key.up), ("OB", .down), ("[1~", .home), ("[6~", .pageDown), ("OP", .function(1)), ("[Z", .backTab),
    ])
  func usualSequence(sequence: String, key: Key) {
    #expect(keys(typed("\u{1B}\(sequence)x")) == [key, .character("x")])
  }

  @Test("ends such a sequence at what cannot be part of it")
  func brokenSequence() {
    #expect(keys(typed("\u{1B}[12\rq")) == [.enter, .character("q")])
    #expect(keys(typed("\u{1B}[1") + [.special(Int(CN_KEY_UP))]) == [.up])
  }

  @Test("takes ESC before another key as Escape")
  func escape() {
    #expect(keys(typed("\u{1B}q")) == [.escape, .character("q")])
    #expect(keys(typed("\u{1B}\u{1B}")) == [.escape, .escape])
    #expect(keys(typed("\u{1B}") + [.special(Int(CN_KEY_UP))]) == [.escape, .up])
  }

  @Test("that is long is taken in parts")
  func limit() {
    var rest = typed("abcdef")[...]
    var decoder = KeyDecoder { rest.popFirst() }
    #expect(decoder.keys(limit: 4).keys.count == 4)
    #expect(decoder.keys(limit: 4).keys == [.character("e"), .character("f")])
    #expect(!decoder.keys(limit: 4).sawInput)
  }

  @Test(
    "loses only the bytes that are no UTF-8",
    arguments: [
      ([0xFF], []), ([0xC3, 0x28], ["("]), ([0x80], []), ([0xE6, 0x97], []), ([0xF0, 0x9F, 0x98, 0x80], ["😀"]),
      ([0xC0, 0xAF], []), ([0xED, 0xA0, 0x80], []), ([0xC3, 0xC3, 0xA9], ["é"]),
    ] as [([UInt8], [Character])])
  func invalid(bytes: [UInt8], characters: [Character]) {
    let raw = bytes.map { RawKey.byte($0) } + typed("j")
    #expect(keys(raw) == (characters + ["j"]).map { .character($0) })
  }

  @Test("may end within a character")
  func pieces() {
    var rest: ArraySlice<RawKey> = [.byte(0xE6), .byte(0x97)]
    var decoder = KeyDecoder { rest.popFirst() }
    #expect(decoder.keys(limit: 9).keys.isEmpty)
    rest = [.byte(0xA5)]
    #expect(decoder.keys(limit: 9).keys == [.character("日")])
  }

  @Test("of nothing known still counts as input")
  func sawInput() {
    var rest: ArraySlice<RawKey> = [.ignored]
    var decoder = KeyDecoder { rest.popFirst() }
    let (keys, sawInput) = decoder.keys(limit: 9)
    #expect(keys.isEmpty)
    #expect(sawInput)
  }
}
