import Migration
import VFIO

/// What playing a scenario may do to its devices, told from its steps alone, before any device is opened.
extension Scenario {
  /// The worst it may do to any of its devices.
  public var harm: Rule.Harm { roles.map(harm).max() ?? .none }

  /// The worst it may do to the device in this role.
  public func harm(to role: Role) -> Rule.Harm {
    var worst = Rule.Harm.none
    // Where the device may be: a request that may be refused leaves it where it was.
    var places: Set<State> = [begins]
    for step in unrolled where step.role == role {
      worst = max(worst, harm(of: step, from: places))
      switch step.action {
      case .ask(let goal): places = step.expected.errors.isEmpty ? [goal] : places.union([goal])
      case .reset: places = [Request.reset.goal(in: `protocol`)]
      default: break
      }
    }
    return worst
  }

  /// Each repetition twice: what follows on its end is its beginning.
  private var unrolled: [Step] {
    var all: [Step] = []
    var index = 0
    while index < steps.count {
      if case .repeat(_, let count, _) = steps[index].action {
        let body = steps[(index + 1)..<(index + 1 + count)]
        all += Array(body) + Array(body)
        index += count
      } else {
        all.append(steps[index])
      }
      index += 1
    }
    return all
  }

  private func harm(of step: Step, from places: Set<State>) -> Rule.Harm {
    switch step.action {
    case .ask(let goal):
      if goal.isError { return .crash }
      return goal.isResuming || places.contains { $0.isError || passesRunning(from: $0, to: goal) } ? .lose : .perturb
    case .raw: return .crash
    case .reset, .load: return .lose
    // What stands in front of the device changes nothing of it, but one that is gone is of no use to anybody.
    case .inject(let word, isOn: true): return DeviceFault.named(word)?.takesDeviceAway == false ? .perturb : .lose
    case .inject(_, isOn: false): return .none
    // An open session is read, which is no more than asking for it has done.
    case .read: return .perturb
    case .look, .wait, .remember, .repeat: return .none
    }
  }

  /// Whether the device does work on the way that nobody asked for, as plans of steps tell it too.
  private func passesRunning(from place: State, to goal: State) -> Bool {
    guard case .v2(let from) = place, case .v2(let to) = goal, !(place.isRunning && to == .preCopy) else {
      return false
    }
    return [V2Flags.stopCopy, [.stopCopy, .p2p], [.stopCopy, .preCopy], [.stopCopy, .p2p, .preCopy]].contains { flags in
      V2Arcs(flags: flags).path(from: from, to: to)?.dropFirst().dropLast().contains(.running) == true
    }
  }
}
