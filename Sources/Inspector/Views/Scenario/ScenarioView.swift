import Migration
import Rulebook
import Terminal

/// A scenario that is played step by step: what each step does, what is expected of it, and what was seen.
struct ScenarioView: View {
  let stage: Stage
  /// The step that the user looks at; nil for the one that is played.
  private var looked: Int?

  init(_ stage: Stage) {
    self.stage = stage
  }

  var device: DeviceReference? { stage.devices.first }

  func title(_ store: Store) -> String { "Scenario \(stage.scenario.name)" }

  func keys(_ store: Store) -> [KeyHint] {
    let status = stage.status
    let always = [
      KeyHint("j k", "look at a step"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"),
      KeyHint("J", "journal"),
    ]
    if status.work != nil { return [KeyHint("x", "give up")] + always }
    let play = [KeyHint("n", "next step"), KeyHint("r", "run to the end")]
    let back = [KeyHint("b", "back to start")]
    return (status.run.ending == nil ? play : []) + (status.hasBegun ? back : []) + always
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .character("n"), .enter, .character(" "): return play(.next, store)
    case .character("r"): return play(.toEnd, store)
    case .character("b"): return backToStart(store)
    case .character("x"): if stage.status.work != nil { stage.cancel() }
    case .up, .character("k"): look(at: shown(stage.status) - 1)
    case .down, .character("j"): look(at: shown(stage.status) + 1)
    case .home: look(at: 0)
    case .end: look(at: stage.scenario.steps.count - 1)
    case .character("J"): return .push(JournalView(device(of: shown(stage.status))))
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    return .stay
  }

  /// The step whose details are shown.
  func shown(_ status: StageStatus) -> Int {
    let steps = stage.scenario.steps
    if let looked { return looked }
    if status.run.ending != nil, let last = status.run.outcomes.last { return last.step }
    guard case .repeat? = steps.indices.contains(status.run.next) ? steps[status.run.next].action : nil else {
      return min(status.run.next, steps.count - 1)
    }
    // A step that repeats others does nothing itself.
    return status.run.next + 1
  }

  /// The device that a step is about.
  func device(of step: Int) -> DeviceReference {
    let role = stage.scenario.steps[step].role
    return stage.scenario.roles.firstIndex(of: role).map { stage.devices[$0] } ?? stage.devices[0]
  }

  private mutating func look(at step: Int) {
    looked = min(max(0, step), stage.scenario.steps.count - 1)
  }

  private mutating func play(_ command: Stage.Command, _ store: Store) -> Reaction {
    let status = stage.status
    guard status.work == nil else { return .stay }
    guard status.run.ending == nil else {
      store.message = "It is over: press b to go back to its start."
      return .stay
    }
    looked = nil
    let isArmed = stage.devices.allSatisfy(store.isArmed)
    if status.hasBegun || isArmed && stage.scenario.harm < .lose {
      store.perform(command, on: stage, arming: false)
      return .stay
    }
    return .push(
      Confirm(
        device, title: "Play this scenario?", lines: warnings(store), answer: .play(stage, command),
        from: device.flatMap(store.status)?.observation?.state))
  }

  private func warnings(_ store: Store) -> [String] {
    let fates = zip(stage.scenario.roles, stage.devices).map { role, reference in
      "\(store.name(of: reference)) \(stage.scenario.harm(to: role).warning)."
    }
    let unarmed = stage.devices.filter { !store.isArmed($0) }.map(store.name)
    return fates + (unarmed.isEmpty ? [] : ["Read-only now: \(unarmed.joined(separator: ", ")). Yes arms it."])
  }

  private mutating func backToStart(_ store: Store) -> Reaction {
    let status = stage.status
    guard status.hasBegun, status.work == nil else { return .stay }
    looked = nil
    return .push(
      Confirm(
        device, title: "Back to the start?",
        lines: stage.devices.map { "\(store.name(of: $0)) is reset: it loses its state." },
        answer: .play(stage, .backToStart)))
  }
}

extension Rule.Harm {
  /// What becomes of a device, behind its name.
  public var warning: String {
    switch self {
    case .none: "is only looked at"
    case .perturb: "is stopped for a while"
    case .lose: "loses its state"
    case .crash: "may crash, and with it its driver or the machine"
    }
  }
}
