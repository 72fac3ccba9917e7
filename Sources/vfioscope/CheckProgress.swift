import Inspector
import Rulebook
import Synchronization

/// Collects what checks find out, and shows it as it comes. Another thread may ask for what there is so far.
final class CheckProgress: Sendable {
  private let report: Mutex<CheckReport>
  private let prints: Bool
  private let evidence: Bool
  private let start = ContinuousClock.now

  /// Begins with this report. Prints a line a finding unless that is not wanted, and `evidence` for all of them.
  init(_ report: CheckReport, prints: Bool, evidence: Bool) {
    self.report = Mutex(report)
    self.prints = prints
    self.evidence = evidence
  }

  /// Takes a finding. What was left out for safety is told at the end.
  func take(_ finding: Finding) {
    report.withLock { $0.findings.append(finding) }
    guard prints, !finding.isLeftOut else { return }
    for line in finding.lines(evidence: evidence) { try? printLine(printable(line)) }
  }

  /// The report when all is over.
  func finish(_ ending: CheckRun.Ending, _ course: Course, in state: String?) -> CheckReport {
    report.withLock { report in
      report.ending = ending
      report.course = course
      report.finalState = state
      report.duration = start.duration(to: .now)
      return report
    }
  }

  /// The report when the run can't go on.
  func leave(_ why: String) -> CheckReport { finish(.lost(why), Course(), in: nil) }
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

extension Rule {
  /// `MUST`, or with what weakens it: `MUST, proposed and never merged`.
  var levelWords: String { level.rawValue.uppercased() + (isProposed ? ", proposed and never merged" : "") }
}
