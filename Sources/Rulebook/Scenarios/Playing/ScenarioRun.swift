import Migration
import VFIO

/// A play of a scenario: one step after the other, each with what became of it. Between two steps it holds no device, so
/// that it can be kept as long as somebody looks at it.
public struct ScenarioRun: Sendable {
  /// The devices, by their roles.
  public typealias Cast = [Scenario.Role: ScenarioActor]

  /// What is played.
  public let scenario: Scenario
  /// What became of the steps so far, in the order in which they were played.
  public private(set) var outcomes: [ScenarioOutcome] = []
  /// How it ended; nil while it goes on.
  public private(set) var ending: ScenarioEnding?
  /// The step that comes next, by its number in the scenario; the count of steps behind the last.
  public private(set) var next = 0
  /// How often the steps have been repeated that are being repeated now, from 1.
  private var round: (head: Int, number: Int)?
  /// What was read so far, and what was remembered.
  var memory = ScenarioMemory()
  /// What the last step has done.
  private var last = Deed()
  /// How long the steps have taken so far, without the time between them.
  private var spent = Duration.zero

  /// A play that has not begun.
  public init(_ scenario: Scenario) {
    self.scenario = scenario
  }

  /// Why these devices can't play it, in a sentence; nil when they can. They are not asked anything.
  public func misfit(_ cast: Cast) -> String? {
    for role in scenario.roles {
      guard let interface = cast[role]?.session.interface else { return "The \(scenario.label(role)) is not open." }
      if let misfit = scenario.misfit(of: role, speaking: interface.protocol, having: interface.states) {
        return misfit
      }
    }
    return nil
  }

  /// Plays all that is left.
  public mutating func playToEnd(
    on cast: Cast, isCancelled: @escaping @Sendable () -> Bool = { false }, onStep: (ScenarioRun) -> Void = { _ in }
  ) {
    while ending == nil {
      playNext(on: cast, isCancelled: isCancelled)
      onStep(self)
    }
  }

  /// Plays one step. It may take as long as a device takes to answer.
  public mutating func playNext(on cast: Cast, isCancelled: @escaping @Sendable () -> Bool = { false }) {
    guard ending == nil else { return }
    if isCancelled() { return ending = .cancelled }
    if outcomes.isEmpty, let why = beginning(cast) { return ending = .failed(why) }
    enterRepetition()
    let step = scenario.steps[next]
    guard let actor = cast[step.role] else {
      return ending = .failed("The \(scenario.label(step.role)) is not open any more.")
    }
    let left = scenario.limit - spent
    guard left > .zero else { return ending = .failed("\(place): no end after \(scenario.limit.words) of steps.") }
    let player = StepPlayer(step, actor, harm: scenario.harm(to: step.role), time: left, isCancelled: isCancelled)
    let began = ContinuousClock.now
    let report = player.play(&memory)
    spent += began.duration(to: .now)
    last = report.deed
    outcomes.append(
      ScenarioOutcome(
        step: next, round: step.isRepeated ? round?.number : nil, seen: report.seen, failure: report.failure,
        state: report.state, duration: report.duration))
    if report.deed.isCancelled { return ending = .cancelled }
    if let failure = report.failure { return ending = .failed("\(place): \(failure)") }
    advance(on: cast)
  }

  /// Ends a play whose step does not come back: it is the one that came next. The words say what of it, without a point.
  ///
  /// - Parameter time: how long it was waited for.
  public mutating func giveUp(_ why: String, after time: Duration) {
    guard ending == nil else { return }
    enterRepetition()
    outcomes.append(
      ScenarioOutcome(
        step: next, round: scenario.steps[next].isRepeated ? round?.number : nil, seen: why, failure: "\(why).",
        state: nil, duration: time))
    ending = .failed("\(place): \(why).")
  }

  /// Where each device is to be before the first step.
  private func beginning(_ cast: Cast) -> String? {
    if let misfit = misfit(cast) { return misfit }
    for role in scenario.roles {
      let state = cast[role]?.session.presentState
      guard state?.isSame(as: scenario.begins) != true else { continue }
      return "\(scenario.name) begins in \(scenario.begins.name), the \(scenario.label(role)) is in "
        + "\(state?.name ?? "an unknown state"). Bring it there first, by a step or a reset."
    }
    return nil
  }

  private mutating func enterRepetition() {
    guard case .repeat = scenario.steps[next].action else { return }
    round = (next, 1)
    next += 1
  }

  /// Goes on to the step that comes next: back to the first of a repetition, or out of it.
  private mutating func advance(on cast: Cast) {
    next += 1
    if let round, case .repeat(let times, let count, let until) = scenario.steps[round.head].action,
      next > round.head + count
    {
      endRound(round, times, until, cast)
    }
    if ending == nil && next >= scenario.steps.count { ending = .played }
  }

  private mutating func endRound(
    _ round: (head: Int, number: Int), _ times: Int, _ until: Expectation?, _ cast: Cast
  ) {
    let head = scenario.steps[round.head]
    var unmet: String?
    if let until, let actor = cast[head.role] {
      // How its last step came out has been judged already; what it has moved may be asked for.
      last.failure = nil
      unmet = Sight(actor.session, memory, last).mismatch(with: until)
      if unmet == nil { return self.round = nil }
    }
    if round.number < times {
      self.round = (round.head, round.number + 1)
      next = round.head + 1
    } else if let unmet {
      ending = .failed("step \(round.head + 1) (\(head.action.words)): after \(times) times \(unmet).")
    } else {
      self.round = nil
    }
  }

  /// The step that comes next, for a message.
  private var place: String {
    let words = scenario.steps[next].action.words
    let time = round.map { ", time \($0.number)" } ?? ""
    return "step \(next + 1) (\(words)\(time))"
  }
}

extension Scenario {
  /// Why a device with this protocol and these states can't play this role, in a sentence; nil when it can.
  public func misfit(of role: Role, speaking spoken: MigrationProtocol, having states: [State]) -> String? {
    guard spoken == `protocol` else {
      return "\(name) is for protocol \(`protocol`.rawValue), the \(label(role)) speaks \(spoken.rawValue)."
    }
    // States that may be refused need not be there, nor those of steps that are passed over.
    for step in steps where step.role == role && step.expected.errors.isEmpty {
      if let needed = step.needed, !states.contains(needed) { continue }
      if case .ask(let state) = step.action, !states.contains(state) {
        return "\(name) asks for \(state.name), which the \(label(role)) does not have."
      }
    }
    return nil
  }
}
