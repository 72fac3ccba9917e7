import Migration
import Rulebook
import Terminal
import VFIO

/// What can be done wrong: to a device by who uses it, and, when it is a simulated one, by the device itself.
struct FaultMenu: View {
  let reference: DeviceReference
  private(set) var index = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Faults of \(store.name(of: reference))" }

  func keys(_ store: Store) -> [KeyHint] {
    let items = items(store)
    let action = items.indices.contains(index) ? items[index].action : "choose"
    let isOn = store.faults(of: reference)?.isEmpty == false
    let part = items.indices.contains(index) && items[index].isOfDevice ? "faults of users" : "faults of the device"
    let tab = items.contains(where: \.isOfDevice) ? [KeyHint("Tab", part)] : []
    return [KeyHint("j k", "move"), KeyHint("Enter", action)] + tab + (isOn ? [KeyHint("x", "all off")] : [])
      + [KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"), KeyHint("J", "journal")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let items = items(store)
    index = min(index, max(0, items.count - 1))
    switch key {
    case .tab, .backTab: index = otherPart(items)
    case .enter, .character(" "): return items.indices.contains(index) ? choose(items[index], store) : .stay
    case .character("x"): store.switchOff(store.faults(of: reference) ?? [], of: reference)
    case .character("J"): return .push(JournalView(reference))
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default:
      let page = max(1, FaultMenuLayout(store.body).list.height - 1)
      if let motion = Motion(key) { index = motion.applied(to: index, count: items.count, page: page) }
    }
    return .stay
  }

  func items(_ store: Store) -> [FaultItem] { store.status(reference).map(FaultItem.all) ?? [] }

  /// The first fault of the part that is not selected.
  private func otherPart(_ items: [FaultItem]) -> Int {
    guard items.indices.contains(index), !items[index].isOfDevice else { return 0 }
    return items.firstIndex(where: \.isOfDevice) ?? index
  }

  private func choose(_ item: FaultItem, _ store: Store) -> Reaction {
    // What is off again does what it is asked: that needs no leave.
    if case .device(_, let words) = item, !words.isEmpty {
      store.switchOff(words, of: reference)
      return .stay
    }
    guard store.isArmed(reference) else {
      store.message = "Read-only: go back and press a to arm this device first."
      return .stay
    }
    switch item {
    case .user(let fault): return make(fault, store)
    case .device(let fault, _) where fault.value != nil: return .push(FaultPrompt(reference, fault))
    case .device(let fault, _): _ = store.switchOn(fault.name, of: reference)
    }
    return .stay
  }

  private func make(_ fault: UserFault, _ store: Store) -> Reaction {
    guard !store.refuseBusy(reference) else { return .stay }
    guard fault.harm >= .lose else { return .perform(reference, .makeFault(fault)) }
    return .push(
      Confirm(
        reference, title: "Do it: \(fault.name)?",
        lines: [
          fault.what, "\(store.name(of: reference)) \(fault.harm.warning).",
          "Afterwards it is brought back to running.",
        ], command: .makeFault(fault), from: store.status(reference)?.observation?.state))
  }
}

/// Where the parts of the menu are.
struct FaultMenuLayout {
  let state, list, pane: Rectangle

  init(_ area: Rectangle) {
    let (top, rest) = area.split(rows: 1)
    state = Rectangle(row: top.row, column: top.column + 1, height: top.height, width: top.width - 2)
    (list, pane) = rest.split(rows: -min(8, max(6, rest.height / 2)))
  }
}
