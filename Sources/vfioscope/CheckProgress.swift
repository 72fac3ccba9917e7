import Inspector
import Rulebook
import Synchronization

/// Collects what checks find out, and shows it as it comes. Another thread may ask for what there is so far.
final class CheckProgress: Sendable {
  private struct Contents {
    var report: CheckReport
    /// The rule that is being checked.
    var present: Rule?
  }

  private let contents: Mutex<Contents>
  private let rules: [Rule]
  private let prints: Bool
  private let evidence: Bool
  private let start = ContinuousClock.now

  /// Begins with this report, which is to be one of these rules. Prints a line a finding unless that is not wanted, and
  /// `evidence` for all of them.
  init(_ report: CheckReport, of rules: [Rule], prints: Bool, evidence: Bool) {
    contents = Mutex(Contents(report: report))
    self.rules = rules
    self.prints = prints
    self.evidence = evidence
  }

  /// A rule's check begins.
  func begin(_ rule: Rule) { contents.withLock { $0.present = rule } }

  /// Takes a finding. What was left out for safety is told at the end.
  func take(_ finding: Finding) {
    contents.withLock { contents in
      contents.report.findings.append(finding)
      contents.present = nil
    }
    show(finding)
  }

  private func show(_ finding: Finding) {
    guard prints, !finding.isLeftOut else { return }
    for line in finding.lines(evidence: evidence) { try? printLine(printable(line)) }
  }

  /// The report when all is over.
  func finish(_ ending: CheckRun.Ending, _ course: Course, in state: String?) -> CheckReport {
    contents.withLock { contents in
      contents.report.end(ending, of: rules, in: state)
      contents.report.course = course
      contents.report.duration = start.duration(to: .now)
      return contents.report
    }
  }

  /// The report when the check that is being made does not come back; the words say what of it. All that is left is
  /// told as not run, as when the user gives up.
  func leave(_ why: String) -> CheckReport {
    let (present, told) = contents.withLock { ($0.present, Set($0.report.findings.map(\.rule.id))) }
    if let present { take(Finding(rule: present, verdict: .skip, words: "Not checked to its end: \(why).")) }
    let report = finish(.lost("a call does not come back"), Course(), in: nil)
    for finding in report.findings where !told.contains(finding.rule.id) && finding.rule != present { show(finding) }
    return report
  }
}

extension Finding {
  /// Whether it was not checked because of what that could have done.
  var isLeftOut: Bool { verdict == .skip && evidence.isEmpty && words.hasPrefix("Left out for safety") }

  /// The finding as lines for people; with the accesses when the rule is not kept, or when they are wanted.
  func lines(evidence wanted: Bool) -> [String] {
    let head = "\(verdict.rawValue)  \(rule.id)  \(words)"
    guard wanted || verdict == .fail || verdict == .warn else { return [head] }
    return [head, "      \(rule.levelWords): \(rule.statement)"] + evidence.map { "      \($0)" }
  }
}

extension CheckReport {
  /// What is said at the end: what was left out for safety, the count, the state.
  var closing: [String] {
    let leftOut = Rule.Harm.allCases.compactMap { harm -> String? in
      let count = findings.count { $0.isLeftOut && $0.rule.harm == harm }
      return count == 0 ? nil : "left out for safety: \(count) that need --allow \(harm.rawValue)"
    }
    let state = finalState.map { ["state \($0)" + (foundState == $0 ? ", as it was found" : "")] } ?? []
    return leftOut + [summary] + state
  }
}
