import Testing

@testable import Rulebook

@Suite("The words of a finding")
struct WordsTests {
  @Test(
    "count one thing as one, and are whole sentences",
    arguments: [
      ("v1-reference,size=16K", "V1-RES-07", "For 1 chunk, data_offset had 1 value: 4096."),
      (
        "v1-reference,size=16K", "V1-STATE-18",
        "The present state once more: running done; pre-copy done; stop-copy done; stop done."
      ),
      ("v1-reference,size=16K", "V1-DISC-07", "1 region of this type: number 9."),
      ("v2-reference,size=16K", "V2-STATE-10", "A device that says state 8 is shown as \"0x8\" (unknown)."),
    ])
  func words(address: String, rule: String, words: String) throws {
    #expect(try CheckedDevice(address, rules: [rule]).finding(rule)?.words == words)
  }

  @Test("are led by the rule's level, with what weakens it")
  func levels() throws {
    let book = try Rulebook.shipped.get()
    #expect(book.rule("V1-DISC-01")?.levelWords == "MUST")
    #expect(book.rule("V1-DISC-03")?.levelWords == "MUST, follows from its sources")
    #expect(book.rule("V1-RST-01")?.levelWords == "MUST, proposed and never merged")
  }

  @Test("hold a machine that comes to harm against the driver, not against the user who should have kept off")
  func harmedMachine() throws {
    let book = try Rulebook.shipped.get()
    #expect(book.rule("V2-ERR-03")?.binds == .driver)
    #expect(book.rule("V1-QUI-02")?.binds == .device)
  }
}
