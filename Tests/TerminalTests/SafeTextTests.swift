import Testing

@testable import Terminal

@Suite("Text from anywhere")
struct SafeTextTests {
  @Test(
    "shows a character that would act on the terminal as one that does not",
    arguments: [
      ("\u{1B}[31m", "␛[31m", "?[31m"), ("a\nb", "a␊b", "a?b"), ("\u{0}", "␀", "?"), ("\u{7F}", "␡", "?"),
      ("\t", "␉", "?"), ("\r\n", "␍␊", "??"), ("\u{9B}2J", "\u{FFFD}2J", "?2J"),
      ("a\u{202E}b", "a\u{FFFD}b", "a?b"), ("\u{2066}", "\u{FFFD}", "?"), ("\u{200B}", "\u{FFFD}", "?"),
      ("\u{FEFF}", "\u{FFFD}", "?"), ("\u{2028}", "\u{FFFD}", "?"), ("\u{E000}", "\u{FFFD}", "?"),
      ("\u{10FFFF}", "\u{FFFD}", "?"), ("\u{FE0F}", "\u{FFFD}", ""), ("\u{E0041}", "\u{FFFD}", "?"),
    ])
  func standIns(text: String, utf8: String, ascii: String) {
    #expect(SafeText(text).string == utf8)
    #expect(SafeText(text, isASCII: true).string == ascii)
  }

  @Test("has no control character left, whatever it was made of")
  func everyScalar() {
    for value in (UInt32(0)...0x10FFFF) where value < 0x3100 || value % 97 == 0 || value > 0x10_FF00 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = SafeText("x\(scalar)")
      #expect(text.string.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "U+\(value)")
      #expect(text.string.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format }, "U+\(value)")
      #expect((1...3).contains(text.width), "U+\(value)")
    }
  }

  @Test(
    "is measured in columns",
    arguments: [
      ("stop", 4), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("─│┌", 3), ("한국", 4), ("ｗ", 2), ("😀", 2), ("", 0), ("…", 1),
    ])
  func width(text: String, columns: Int) {
    #expect(SafeText(text).width == columns)
  }

  @Test("keeps two marks on a letter and leaves out the rest")
  func marks() {
    #expect(SafeText("o\u{302}\u{301}").pieces.count == 1)
    #expect(SafeText("o" + String(repeating: "\u{301}", count: 50)).string.unicodeScalars.count == 3)
  }

  @Test("shows a mark that has no letter as a stand-in", arguments: ["\u{301}x", " \u{301}"])
  func loneMark(text: String) {
    #expect(SafeText(text).string.contains("\u{FFFD}"))
  }

  @Test(
    "in ASCII has a question mark for each character that is not, and no marks",
    arguments: [("é", "?"), ("e\u{301}", "e"), ("日本", "??")])
  func ascii(text: String, expected: String) {
    #expect(SafeText(text, isASCII: true).string == expected)
  }

  @Test(
    "is cut so that the ellipsis fits too",
    arguments: [
      ("running", 7, "running"), ("running", 6, "runni…"), ("running", 1, "…"), ("running", 0, ""), ("日本語", 5, "日本…"),
      ("日本語", 4, "日…"), ("日本語", 6, "日本語"),
    ])
  func fitted(text: String, columns: Int, expected: String) {
    #expect(SafeText(text).fitted(to: columns, ellipsis: "…").string == expected)
  }
}

@Suite("Wrapped text")
struct TextWrapTests {
  @Test(
    "is broken at spaces, at newlines, and inside a word only if it must be",
    arguments: [
      ("the device said no", 10, ["the device", "said no"]),
      ("the device said no", 9, ["the", "device", "said no"]),
      ("one\n\ntwo", 9, ["one", "", "two"]),
      ("abcdefgh", 3, ["abc", "def", "gh"]),
      ("a abcdefgh", 4, ["a", "abcd", "efgh"]),
      ("  indented text", 10, ["  indented", "text"]),
      ("日本語", 4, ["日本", "語"]),
      ("日本", 1, ["日", "本"]),
      ("", 5, [""]),
      ("text", 0, []),
      ("      ", 3, [""]),
      ("a\u{1B}b", 2, ["a␛", "b"]),
    ])
  func lines(text: String, columns: Int, expected: [String]) {
    #expect(SafeText.lines(of: text, columns: columns).map(\.string) == expected)
  }

  @Test("never takes more columns than there are and loses no word", arguments: 2...40)
  func everyWidth(columns: Int) {
    let text = "pending_bytes is defined only while _SAVING is set 日本語 and no chunk is open"
    let lines = SafeText.lines(of: text, columns: columns)
    #expect(lines.allSatisfy { $0.width <= columns })
    let letters = lines.map(\.string).joined().filter { $0 != " " }
    #expect(letters == text.filter { $0 != " " })
  }

  @Test("fills no more rows than the rectangle has")
  func rows() {
    var canvas = Canvas(height: 4, width: 10)
    let used = canvas.putWrapped("a b c d e f", in: Rectangle(row: 1, column: 2, height: 2, width: 3))
    #expect(used == 2)
    #expect(canvas.lines == ["", "  a b", "  c d", ""])
  }
}
