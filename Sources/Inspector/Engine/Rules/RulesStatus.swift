import Rulebook

/// What is known of the rules a device keeps: the report as far as it has come.
public struct RulesStatus: Sendable {
  /// What was found out so far.
  public private(set) var report: CheckReport
  /// The rules that are looked at, in the order in which the report has them in the end.
  private let rules: [Rule]
  /// Whether checks are still being made.
  public private(set) var isRunning = true
  /// Whether the user has given up; the check that is being made comes to its end.
  public internal(set) var isCancelled = false

  /// A run that begins.
  init(_ report: CheckReport, of rules: [Rule]) {
    self.report = report
    self.rules = rules
  }

  /// How many rules are looked at in all.
  public var count: Int { rules.count }

  /// Takes a finding.
  mutating func take(_ finding: Finding) { report.findings.append(finding) }

  /// The run is over.
  mutating func end(_ ending: CheckRun.Ending, in state: String?) {
    report.end(ending, of: rules, in: state)
    isRunning = false
  }
}
