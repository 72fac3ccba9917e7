/// What a check came to.
public enum Outcome: Sendable, Equatable {
  /// The rule was kept; the words say what was seen.
  case kept(String)
  /// The rule was not kept; the words say what was seen instead.
  case broken(String)
  /// There is nothing to keep or to break: the words say what was seen.
  case seen(String)
  /// It could not be tried; the words say why.
  case untried(String)

  /// The words.
  public var words: String {
    switch self {
    case .kept(let words), .broken(let words), .seen(let words), .untried(let words): words
    }
  }
}

/// What a report says of a rule.
public enum Verdict: String, Sendable, CaseIterable, Codable {
  /// It is kept.
  case pass
  /// A MUST is broken.
  case fail
  /// A SHOULD, or what was proposed and never merged, is not kept.
  case warn
  /// What was seen is recorded: the sources leave it open.
  case info
  /// It was not checked.
  case skip
}

extension Verdict {
  /// What an outcome means for a rule. How bad it is follows from the rule alone: words that were never merged bind nobody.
  init(_ outcome: Outcome, of rule: Rule) {
    self =
      switch (outcome, rule.level) {
      case (.untried, _): .skip
      case (.seen, _), (_, .unclear): .info
      case (.kept, _): .pass
      case (.broken, .must): rule.isProposed ? .warn : .fail
      case (.broken, .should): .warn
      case (.broken, .may): .info
      }
  }
}

/// What was found out about one rule, with the evidence.
public struct Finding: Sendable, Equatable {
  /// The rule.
  public let rule: Rule
  /// What a report says of it.
  public let verdict: Verdict
  /// What was seen, in a sentence.
  public let words: String
  /// The accesses that were made for it, in their order, as the trace shows them.
  public let evidence: [String]
  /// How long it took.
  public let duration: Duration

  /// A finding with these values.
  public init(rule: Rule, verdict: Verdict, words: String, evidence: [String] = [], duration: Duration = .zero) {
    self.rule = rule
    self.verdict = verdict
    self.words = words
    self.evidence = evidence
    self.duration = duration
  }
}
