import Migration
import Terminal

/// A device's data on its way: where it comes from and goes to, the phases, the figures over time, and how it ended.
struct FlowView: View {
  let flow: Flow

  init(_ flow: Flow) {
    self.flow = flow
  }

  var device: DeviceReference? { flow.job.devices.first }

  func title(_ store: Store) -> String {
    let name = device.map(store.name) ?? ""
    return switch flow.job {
    case .migrate: "Migrate \(name)"
    case .save: "Save \(name)"
    case .load: "Load \(name)"
    }
  }

  func keys(_ store: Store) -> [KeyHint] {
    let always = [
      KeyHint("p", "dots of the plot"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"),
    ]
    return flow.status.ending == nil ? [KeyHint("x", "give up")] + always : always
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .character("x"): return giveUp()
    case .character("p"): store.plots = store.plots.next
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    return .stay
  }

  private func giveUp() -> Reaction {
    guard flow.status.ending == nil else { return .stay }
    return .push(Confirm(device, title: "Give up?", lines: flow.job.onGivingUp, answer: .giveUp(flow)))
  }
}

extension FlowJob {
  /// What becomes of the devices.
  var onGivingUp: [String] {
    switch self {
    case .migrate:
      ["The source goes on as before. The destination is reset: what it held is lost already."]
    case .save: ["The device goes on as before. The file that was begun is taken away."]
    case .load: ["The device is reset: what it held is lost already."]
    }
  }
}
