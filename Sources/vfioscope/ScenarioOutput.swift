import Inspector
import Migration
import Rulebook
import VFIO

/// What `run` prints.
struct ScenarioOutput: Sendable {
  private let members: [ScenarioCast.Member]
  private let scenario: Scenario
  /// The repetition whose heading was printed.
  private var heading: Int?

  init(_ cast: ScenarioCast, _ scenario: Scenario) {
    (members, self.scenario) = (cast.members, scenario)
  }

  // MARK: text

  /// The title, and who plays.
  var head: [String] {
    ([scenario.title, scenario.shows]
      + members.map { "\(scenario.label($0.role)) \($0.name)" } + [""]).map(printable)
  }

  /// One step: its sentence, then what was done and seen.
  mutating func write(_ outcome: ScenarioOutcome) throws(Failure) {
    let step = scenario.steps[outcome.step]
    // The step that repeats this one stands before the first of its steps.
    let before = outcome.step - 1
    if step.isRepeated, before >= 0, case .repeat = scenario.steps[before].action, heading != before {
      heading = before
      try printLine(printable("\(before + 1). \(scenario.steps[before].words)"))
      try printLine("   \(scenario.steps[before].action.words)")
    }
    let time = outcome.round.map { ", time \($0)" } ?? ""
    try printLine(printable("\(outcome.step + 1). \(step.words)"))
    let who = members.count == 1 ? "" : "\(step.role.rawValue): "
    try printLine(
      printable(
        "   \(outcome.isMet ? "ok" : "FAILED")  \(who)\(step.action.words)\(time): \(outcome.seen), \(outcome.took)"))
  }

  /// How it ended, the journals when it did not end well, and in which states the devices are.
  func end(_ run: ScenarioRun, in states: [State?]) -> [String] {
    var lines = [""]
    switch run.ending {
    case .played?: lines.append("played: \(counted(run.outcomes.count, "step")), all as expected")
    case .cancelled?: lines.append("interrupted after \(counted(run.outcomes.count, "step"))")
    case .failed(let why)?: lines.append("not as expected: \(why)")
    case nil: break
    }
    if run.ending != .played {
      for member in members {
        lines.append("journal of \(scenario.label(member.role)) \(member.name):")
        lines += member.lines.map { "  \($0)" }
      }
    }
    lines += zip(members, states).map { member, state in
      "\(scenario.label(member.role)) \(member.name): now \(state?.name ?? "in an unknown state")"
    }
    return lines.map(printable)
  }

  /// The end, or all of it as JSON.
  func print(_ run: ScenarioRun, in states: [State?], json: Bool) throws {
    if json { try printJSON(self.json(run, in: states)) } else { try end(run, in: states).forEach(printLine) }
  }

  // MARK: JSON

  /// The whole play, and in which states the devices are then.
  func json(_ run: ScenarioRun, in states: [State?]) -> JSON {
    let (ending, why): (String, String?) =
      switch run.ending {
      case .played?: ("played", nil)
      case .cancelled?, nil: ("interrupted", nil)
      case .failed(let why)?: ("failed", why)
      }
    let done = Set(run.outcomes.map(\.step))
    return .object([
      "schema": .string("vfioscope.run/1"), "scenario": .string(scenario.name), "title": .string(scenario.title),
      "protocol": .string(scenario.protocol.rawValue), "harm": .string(scenario.harm.rawValue),
      "devices": .array(zip(members, states).map { json(of: $0, in: $1, withJournal: run.ending != .played) }),
      "result": .string(ending), "error": JSON(why), "steps": .array(run.outcomes.map(json)),
      "not_done": .array(
        scenario.steps.indices.filter { !done.contains($0) && !scenario.steps[$0].isRepetition }
          .map { .string("\($0 + 1): \(scenario.steps[$0].action.words)") }),
    ])
  }

  private func json(of member: ScenarioCast.Member, in state: State?, withJournal: Bool) -> JSON {
    .object([
      "role": .string(member.role.rawValue), "device": .string(member.name), "interface": .string(member.way),
      "state": JSON(state?.name), "journal": withJournal ? JSON(member.lines) : .null,
    ])
  }

  private func json(_ outcome: ScenarioOutcome) -> JSON {
    let step = scenario.steps[outcome.step]
    return .object([
      "step": JSON(outcome.step + 1), "say": .string(step.words), "role": .string(step.role.rawValue),
      "action": .string(step.action.words), "round": JSON(outcome.round),
      "expected": .string(step.expected.description), "seen": .string(outcome.seen),
      "result": .string(outcome.isMet ? "ok" : "failed"), "error": JSON(outcome.failure),
      "state": JSON(outcome.state?.name), "duration_us": JSON(outcome.duration.microseconds),
    ])
  }

  /// The scenarios there are.
  static func list(_ scenarios: [Scenario]) -> JSON {
    .object([
      "schema": .string("vfioscope.scenarios/1"),
      "scenarios": .array(
        scenarios.map { scenario in
          .object([
            "name": .string(scenario.name), "title": .string(scenario.title), "shows": .string(scenario.shows),
            "protocol": .string(scenario.protocol.rawValue), "harm": .string(scenario.harm.rawValue),
            "roles": JSON(scenario.roles.map(\.rawValue)), "devices": JSON(scenario.devices),
            "steps": JSON(scenario.steps.count),
          ])
        }),
    ])
  }
}

extension Scenario.Step {
  /// Whether it does nothing itself.
  fileprivate var isRepetition: Bool { if case .repeat = action { true } else { false } }
}

extension ScenarioOutcome {
  /// `12.3 ms`.
  fileprivate var took: String { "\((duration.microseconds / 100).rounded() / 10) ms" }
}
