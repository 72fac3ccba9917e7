import Migration
import Terminal

/// One device: its state, the values that go with it, the state diagram, the last step, the journal.
struct DeviceView: View {
  let reference: DeviceReference

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { store.name(of: reference) }

  func keys(_ store: Store) -> [KeyHint] {
    let always = [KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"), KeyHint("J", "journal")]
    let close = KeyHint("c", "close")
    guard let status = store.status(reference), isUsable(status) else {
      let isFaulty = store.faults(of: reference)?.isEmpty == false
      return [KeyHint("o", "open again")] + (isFaulty ? [KeyHint("F", "faults")] : []) + always + [close]
    }
    let arm = KeyHint("a", store.isArmed(reference) ? "disarm" : "arm")
    return [KeyHint("s", "step"), arm] + always + [close] + flowKeys(store)
      + [KeyHint("d", "dirty pages"), KeyHint("r", "rules"), KeyHint("F", "faults"), KeyHint("p", "play a scenario")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    case .character("J"): return .push(JournalView(reference))
    case .character("c"): return close(store)
    case .character("o"): reopen(store)
    case .character("a"): return toggleArm(store)
    case .character("s"), .enter: return step(store)
    case .character("d"): return watchDirtyPages(store)
    case .character("r"): return rules(store)
    case .character("F"): return store.status(reference)?.facts != nil ? .push(FaultMenu(reference)) : .stay
    case .character("p"): return play(store)
    default: return handleFlow(key, store)
    }
    return .stay
  }

  /// A session of data ends with the device's descriptor, and many drivers go back to running then.
  private func close(_ store: Store) -> Reaction {
    guard let state = store.status(reference)?.observation?.state, state.isSaving || state.isResuming,
      store.isArmed(reference), store.status(reference)?.work == nil
    else { return store.close(reference) ? .pop : .stay }
    return .push(
      Confirm(
        reference, title: "Close it in \(state.name)?",
        lines: [
          "The device is in the middle of its data, and closing it ends that.", "Many drivers go back to running then.",
        ], command: .close, from: state))
  }

  private func isUsable(_ status: DeviceStatus) -> Bool { status.facts != nil && status.lookFailure == nil }

  private func step(_ store: Store) -> Reaction {
    guard let status = store.status(reference), status.facts != nil else { return .stay }
    guard status.observation != nil else {
      store.message = "The device's state is not known yet."
      return .stay
    }
    return .push(StepMenu(reference))
  }

  /// Only a device that can't be used is opened again: doing it to another one would reset some.
  private func reopen(_ store: Store) {
    guard let status = store.status(reference), status.work == nil, !isUsable(status) else { return }
    store.reopen(reference)
  }

  private func watchDirtyPages(_ store: Store) -> Reaction {
    guard let status = store.status(reference), isUsable(status), !store.refuseUnarmed(reference) else { return .stay }
    return .push(
      Confirm(
        reference, title: "Watch its dirty pages?",
        lines: [
          "The device gets 2 MiB of memory of this program to write to, and logging of dirty pages is switched on.",
          "Its migration state stays as it is. Leaving the view stops logging and takes the memory back.",
        ], command: .watchDirtyPages))
  }

  /// What was found out is shown again; the first time it is asked how far checks may go.
  private func rules(_ store: Store) -> Reaction {
    guard let status = store.status(reference), status.facts != nil else { return .stay }
    if status.rules != nil { return .push(RulesView(reference)) }
    return store.refuseBusy(reference) ? .stay : .push(CheckMenu(reference))
  }

  /// What has been begun goes on.
  private func play(_ store: Store) -> Reaction {
    guard let status = store.status(reference), isUsable(status) else { return .stay }
    if let stage = store.openStage(of: reference) { return .push(ScenarioView(stage)) }
    return store.refuseUnarmed(reference) ? .stay : .push(ScenarioMenu(reference))
  }

  private func toggleArm(_ store: Store) -> Reaction {
    guard !store.isArmed(reference) else { return .perform(reference, .disarm) }
    guard store.status(reference)?.facts != nil else { return .stay }
    return .push(
      Confirm(
        reference, title: "Arm this device?",
        lines: [
          "Once armed, steps you confirm change the device's migration state.",
          "If something uses the device, it will notice.",
        ], command: .arm))
  }
}
