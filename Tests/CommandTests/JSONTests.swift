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

  @Test("writes microseconds with three digits at most")
  func microseconds() {
    let times: [(Duration, String)] = [
      (.nanoseconds(1_996_588_053), "1996588.053"), (.nanoseconds(1), "0.001"), (.seconds(3), "3000000.0"),
      (.nanoseconds(86_400_123_456_789), "86400123456.789"), (.zero, "0.0"), (.milliseconds(-1), "-1000.0"),
      (.seconds(1 << 62), "4.611686018427388e+24"),
    ]
    for (time, written) in times { #expect(JSON(time.microseconds).line == written) }
  }

  @Test(
    "escapes what JSON demands and what a terminal would act on, and nothing else",
    arguments: [
      ("a \"b\" \\ c", #""a \"b\" \\ c""#),
      ("line\nand\ttab\r", #""line\nand\ttab\u000d""#),
      ("\u{1B}[2J\0\u{1F}", #""\u001b[2J\u0000\u001f""#),
      ("\u{7F}\u{9B}2J\u{80}\u{A0}", "\"\\u007f\\u009b2J\\u0080\u{A0}\""),
      ("a\u{202E}b\u{200B}\u{2028}", #""a\u202eb\u200b\u2028""#),
      ("\u{E000}\u{E0001}\u{FE0F}", #""\ue000\udb40\udc01\ufe0f""#),
      ("→ é 日本 🜨", "\"→ é 日本 🜨\""),
      ("", "\"\""),
    ])
  func texts(text: String, written: String) {
    #expect(JSON.string(text).line == written)
  }
}
