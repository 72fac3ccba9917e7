import CResources

/// All rules of the migration protocols, in the documents' order.
public struct Rulebook: Sendable {
  /// The rules.
  public let rules: [Rule]

  /// The rulebook that ships with the program.
  public static let shipped: Result<Rulebook, RulebookError> = Result { () throws(RulebookError) in try Rulebook() }

  private init() throws(RulebookError) {
    var sources: [String: Source] = [:]
    var rules: [Rule] = []
    var index = 0
    while let name = cr_rulebook_name(index), let text = cr_rulebook_text(index) {
      let (name, text) = (String(cString: name), String(cString: text))
      if name == "sources" {
        sources = try SourceFile(text).sources
      } else {
        rules += try [Rule](text, of: name, sources: sources)
      }
      index += 1
    }
    self.rules = rules
  }

  /// The rule with this name.
  public func rule(_ id: String) -> Rule? { rules.first { $0.id == id } }

  /// The rules whose names fit one of these patterns: `V1-SAVE-04`, `V1-SAVE`, `v1`, `*-ARC-*`; all when there are none.
  public func rules(matching patterns: [String]) -> [Rule] {
    guard !patterns.isEmpty else { return rules }
    return rules.filter { rule in patterns.contains { RulePattern($0).matches(rule.id) } }
  }
}

/// A pattern for the names of rules. Without a star it is a beginning that ends where a part of the name does.
struct RulePattern {
  private let pattern: [Character]

  init(_ text: String) { pattern = Array(text.uppercased()) }

  func matches(_ id: String) -> Bool {
    if pattern.contains("*") { return Self.matches(pattern[...], Array(id)[...]) }
    return id == String(pattern) || id.hasPrefix(String(pattern) + "-")
  }

  private static func matches(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return matches(pattern.dropFirst(), text) || (!text.isEmpty && matches(pattern, text.dropFirst()))
    }
    return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
  }
}
