import TOMLKit

/// A file of rules as it stands in Resources/Rulebook.
struct RuleFile: Decodable {
  let `protocol`: String
  let rules: [Entry]

  struct Entry: Decodable {
    let id: String
    let level: Rule.Level
    let binds: Rule.Bound
    let proposed: Bool?
    let derived: Bool?
    let harm: Rule.Harm
    let statement: String
    let check: String
    let untestable: String?
    let sources: [String]
    let observed: [String: String]?
  }
}

/// The file of sources.
struct SourceFile {
  struct Entry: Decodable {
    let name: String
    let kind: Source.Kind
  }

  let sources: [String: Source]

  init(_ text: String) throws(RulebookError) {
    let entries: [String: Entry] = try decode(text, of: "sources")
    sources = Dictionary(
      uniqueKeysWithValues: entries.map { ($0, Source(key: $0, name: $1.name, kind: $1.kind)) })
  }
}

/// The rulebook that ships with the program can't be read.
public struct RulebookError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, with the file's name.
  public let description: String
}

extension [Rule] {
  /// The rules of one file, in its order.
  init(_ text: String, of name: String, sources: [String: Source]) throws(RulebookError) {
    let file: RuleFile = try decode(text, of: name)
    guard let rules = Rule.Rules(rawValue: file.protocol) else {
      throw RulebookError(description: "\(name): there is no protocol \(file.protocol)")
    }
    self = []
    for entry in file.rules {
      if let unknown = entry.sources.first(where: { sources[$0] == nil }) {
        throw RulebookError(description: "\(name): \(entry.id): there is no source \(unknown)")
      }
      append(
        Rule(
          id: entry.id, protocol: rules, level: entry.level, binds: entry.binds, isProposed: entry.proposed ?? false,
          isDerived: entry.derived ?? false, harm: entry.harm, statement: entry.statement, check: entry.check,
          untestable: entry.untestable, sources: entry.sources.compactMap { sources[$0] },
          observed: (entry.observed ?? [:]).map { Rule.Observation(who: $0, what: $1) }.sorted { $0.who < $1.who }))
    }
  }
}

private func decode<T: Decodable>(_ text: String, of name: String) throws(RulebookError) -> T {
  do {
    return try TOMLDecoder(strictDecoding: true).decode(T.self, from: text)
  } catch {
    throw RulebookError(description: "\(name): \(error)")
  }
}
