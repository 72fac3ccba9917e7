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

  /// Looks at one rule after the other: first at those whose checks do nothing to the device, and last at those that may
  /// crash it, so that the device that is lost has been asked all the others. Among these, in the order given.
  ///
  /// - Parameters:
  ///   - isCancelled: is asked between two checks.
  ///   - onBegin: is given each rule before its check is made.
  ///   - onFinding: is given each finding when it is made.
  public func run(
    _ rules: [Rule], isCancelled: () -> Bool = { false }, onBegin: (Rule) -> Void = { _ in },
    onFinding: (Finding) -> Void
  ) -> Ending {
    let inOrder = Rule.Harm.allCases.flatMap { harm in rules.filter { $0.harm == harm } }
    return run(inOrder.map { ($0, Checks.all[$0.id]) }, isCancelled, onBegin, onFinding)
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
    return run(jobs, isCancelled, { _ in }, onFinding)
  }

  private func run(
    _ jobs: [(rule: Rule, check: Check?)], _ isCancelled: () -> Bool, _ onBegin: (Rule) -> Void,
    _ onFinding: (Finding) -> Void
  ) -> Ending {
    var ending = base.reachIfAllowed().map(Ending.lost) ?? .complete
    for (rule, check) in jobs {
      if ending == .complete, isCancelled() { ending = .cancelled }
      guard let check, rule.notRun(options.permission, ending) == nil else {
        onFinding(Finding(notRun: rule, options.permission, ending))
        continue
      }
      onBegin(rule)
      onFinding(look(at: rule, by: check))
      if let why = base.restore() { ending = .lost(why) }
    }
    return ending
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

extension Rule {
  /// Why it is not checked at all in a run that ends so; nil when it is.
  fileprivate func notRun(_ permission: Harm, _ ending: CheckRun.Ending) -> String? {
    if let untestable { return untestable }
    if harm > permission { return "Left out for safety: it needs --allow \(harm.rawValue)." }
    return switch ending {
    case .complete: nil
    case .lost(let why): "Not run: \(why)"
    case .cancelled: "Not run: the run was given up."
    }
  }
}

extension Finding {
  /// That a rule was not checked in a run that ends so, and why.
  init(notRun rule: Rule, _ permission: Rule.Harm, _ ending: CheckRun.Ending) {
    self.init(
      rule: rule, verdict: .skip, words: rule.notRun(permission, ending) ?? "There is no check of this rule.")
  }
}
