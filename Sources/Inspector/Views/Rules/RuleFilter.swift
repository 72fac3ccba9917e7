import Rulebook

/// Which findings are shown.
struct RuleFilter: Equatable {
  /// Verdicts that are shown together.
  enum Verdicts: CaseIterable {
    case all, notKept, kept, recorded, skipped

    fileprivate var verdicts: Set<Verdict> {
      switch self {
      case .all: Set(Verdict.allCases)
      case .notKept: [.fail, .warn]
      case .kept: [.pass]
      case .recorded: [.info]
      case .skipped: [.skip]
      }
    }

    fileprivate var words: String {
      switch self {
      case .all: "all verdicts"
      case .notKept: "not kept"
      case .kept: "kept"
      case .recorded: "recorded"
      case .skipped: "skipped"
      }
    }
  }

  private(set) var verdicts = Verdicts.all
  private(set) var level: Rule.Level?
  private(set) var topic: String?

  /// Whether it is shown.
  func lets(_ finding: Finding) -> Bool {
    verdicts.verdicts.contains(finding.verdict) && (level == nil || finding.rule.level == level)
      && (topic == nil || finding.rule.topic == topic)
  }

  /// `Shown: not kept, MUST, topic SAVE.`
  var words: String {
    let level = level.map { ", \($0.rawValue.uppercased())" } ?? ""
    return "Shown: \(verdicts.words)\(level)\(topic.map { ", topic \($0)" } ?? "")."
  }

  /// The next group of verdicts; after the last all again.
  mutating func nextVerdicts() { verdicts = Self.next(verdicts, in: Verdicts.allCases) ?? .all }

  /// The next level; after the last all again.
  mutating func nextLevel() { level = Self.next(level, in: Rule.Level.allCases) }

  /// The next topic there is; after the last all again.
  mutating func nextTopic(of findings: [Finding]) {
    var topics: [String] = []
    for finding in findings where !topics.contains(finding.rule.topic) { topics.append(finding.rule.topic) }
    topic = Self.next(topic, in: topics)
  }

  private static func next<Value: Equatable>(_ value: Value?, in all: [Value]) -> Value? {
    guard let value, let index = all.firstIndex(of: value) else { return all.first }
    return index + 1 < all.count ? all[index + 1] : nil
  }
}
