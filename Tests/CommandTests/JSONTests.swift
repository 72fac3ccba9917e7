import Testing

@testable import vfioscope

@Suite("JSON")
struct JSONTests {
  @Test("keeps its keys in the order they were given, and writes what is missing as null")
  func objects() {
    let report = JSON.object([
      "b": JSON(UInt64.max), "a": JSON(nil as String?), "list": JSON(["x", "y"]), "empty": .array([]),
      "yes": .bool(true), "duration_us": JSON(12.5),
    ])
    #expect(
      report.line
        == #"{"b":18446744073709551615,"a":null,"list":["x","y"],"empty":[],"yes":true,"duration_us":12.5}"#)
  }

  @Test(
    "escapes what JSON demands and what a terminal would act on, and nothing else",
    arguments: [
      ("a \"b\" \\ c", #""a \"b\" \\ c""#),
      ("line\nand\ttab\r", #""line\nand\ttab\u000d""#),
      ("\u{1B}[2J\0\u{1F}", #""\u001b[2J\u0000\u001f""#),
      ("\u{7F}\u{9B}2J\u{80}\u{A0}", "\"\\u007f\\u009b2J\\u0080\u{A0}\""),
      ("→ é 日本 🜨", "\"→ é 日本 🜨\""),
      ("", "\"\""),
    ])
  func texts(text: String, written: String) {
    #expect(JSON.string(text).line == written)
  }
}
