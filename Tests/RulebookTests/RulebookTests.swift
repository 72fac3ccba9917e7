import Testing

@testable import Rulebook

@Suite("The rulebook")
struct RulebookTests {
  private let book: Rulebook

  init() throws { book = try Rulebook.shipped.get() }

  @Test("has every rule once: 98 of v1, 91 of v2, 16 of vfio-user")
  func complete() {
    let counts = Rule.Rules.allCases.map { protocols in book.rules.filter { $0.protocol == protocols }.count }
    #expect(counts == [98, 91, 16])
    #expect(Set(book.rules.map(\.id)).count == 205)
  }

  @Test("says of each what it rests on, in a sentence each")
  func whole() {
    for rule in book.rules {
      #expect(!rule.sources.isEmpty, "\(rule.id)")
      #expect(rule.statement.last == ".", "\(rule.id)")
    }
  }

  @Test(
    "gives the rules whose names fit",
    arguments: [
      ("V1-SAVE-04", 1), ("v1-save", 14), ("V1", 98), ("vu", 16), ("*-ARC-*", 23), ("*", 205), ("V1-SAV", 0), ("", 0),
    ])
  func patterns(pattern: String, count: Int) {
    #expect(book.rules(matching: [pattern]).count == count)
  }

  @Test("makes no failure of words that were never merged")
  func proposals() throws {
    let rule = try #require(book.rule("V1-RST-01"))
    #expect(rule.isProposed)
    #expect(Verdict(.broken(""), of: rule) == .warn)
  }
}
