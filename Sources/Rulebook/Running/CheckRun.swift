import Migration
import VFIO

/// A run of checks over one device: one after the other, each from the base state, none hiding the next.
public final class CheckRun {
  /// What a run is to do.
  public struct Options: Sendable {
    /// The worst that may be done to the device.
    public var permission = Rule.Harm.none
    /// What surrounds the device.
    public var surroundings = Surroundings()
    /// How many accesses of a check are kept as evidence.
    public var evidenceLimit = 40

    /// Harmless checks alone.
    public init() {}
  }

  /// How a run ended.
  public enum Ending: Sendable, Equatable {
    /// Every rule was looked at.
    case complete
    /// The device could not be brought back to where checks begin; the words say what became of it.
    case lost(String)
    /// The user has given up.
    case cancelled
  }

  /// What the device has gone through so far.
  public private(set) var course = Course()

  private let options: Options
  private let bench: Bench
  private let base: Base
  private let start: ContinuousClock.Instant

  /// A run over the device of `session`, which nobody else uses meanwhile.
  public init(_ session: MigrationSession, _ options: Options = Options()) {
    self.options = options
    bench = Bench(session, permission: options.permission, surroundings: options.surroundings)
    base = Base(bench)
    start = session.journal.now
  }

  /// The state the device was found in; nil when it could not be read.
  public var foundState: State? { bench.foundState }

  /// Looks at one rule after the other.
  ///
  /// - Parameters:
  ///   - onFinding: is given each finding when it is made.
  ///   - isCancelled: is asked between two checks.
  public func run(
    _ rules: [Rule], isCancelled: () -> Bool = { false }, onFinding: (Finding) -> Void
  ) -> Ending {
    run(rules.map { ($0, Checks.all[$0.id]) }, isCancelled, onFinding)
  }

  /// Makes a fault of the user, and says what the device makes of it: a finding for each rule that it touches.
  ///
  /// - Parameter isCancelled: as with rules.
  public func run(
    _ fault: UserFault, from rulebook: Rulebook, isCancelled: () -> Bool = { false }, onFinding: (Finding) -> Void
  ) -> Ending {
    let jobs = fault.checks(bench.session.interface.protocol.rules).compactMap { check in
      rulebook.rule(check.rule).map { ($0, Optional(check)) }
    }
    return run(jobs, isCancelled, onFinding)
  }

  private func run(
    _ jobs: [(rule: Rule, check: Check?)], _ isCancelled: () -> Bool, _ onFinding: (Finding) -> Void
  ) -> Ending {
    var ending = base.reachIfAllowed().map(Ending.lost) ?? .complete
    for (rule, check) in jobs {
      if ending == .complete, isCancelled() { ending = .cancelled }
      guard let check, notRun(rule, ending) == nil else {
        onFinding(
          Finding(rule: rule, verdict: .skip, words: notRun(rule, ending) ?? "There is no check of this rule."))
        continue
      }
      onFinding(look(at: rule, by: check))
      if let why = base.restore() { ending = .lost(why) }
    }
    return ending
  }

  /// Why this rule is not checked at all; nil when it is.
  private func notRun(_ rule: Rule, _ ending: Ending) -> String? {
    if let untestable = rule.untestable { return untestable }
    if rule.harm > options.permission {
      return "Left out for safety: it needs --allow \(rule.harm.rawValue)."
    }
    return switch ending {
    case .complete: nil
    case .lost(let why): "Not run: \(why)"
    case .cancelled: "Not run: the run was given up."
    }
  }

  private func look(at rule: Rule, by check: Check) -> Finding {
    let journal = bench.journal
    let first = journal.count
    let start = journal.now
    let outcome = outcome(of: check)
    bench.closeStreams()
    let duration = start.duration(to: journal.now)
    let accesses = bench.accesses(since: first)
    for access in accesses { course.note(access, since: self.start) }
    return Finding(
      rule: rule, verdict: Verdict(outcome, of: rule), words: outcome.words, evidence: evidence(of: accesses),
      duration: duration)
  }

  private func outcome(of check: Check) -> Outcome {
    do throws(Untried) {
      return try check.run(bench)
    } catch {
      return .untried("It could not be tried: \(error.why).")
    }
  }

  private func evidence(of accesses: [Access]) -> [String] {
    let limit = options.evidenceLimit
    guard accesses.count > limit else { return accesses.map(\.words) }
    let half = limit / 2
    return accesses.prefix(half).map(\.words) + ["… \(accesses.count - 2 * half) more accesses …"]
      + accesses.suffix(half).map(\.words)
  }
}
