import Migration
import Rulebook
import Terminal

/// How far checks may go. It lies over the device's view.
struct CheckMenu: View {
  private let reference: DeviceReference
  private var index = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Check" }

  func keys(_ store: Store) -> [KeyHint] {
    [KeyHint("j k", "move"), KeyHint("Enter", "choose"), KeyHint("Esc", "back"), KeyHint("?", "help")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let levels = Rule.Harm.allCases
    switch key {
    case .up, .character("k"): index = max(0, index - 1)
    case .down, .character("j"): index = min(levels.count - 1, index + 1)
    case .escape, .character("q"), .left: return .pop
    case .enter: return choose(levels[index], store)
    default: break
    }
    return .stay
  }

  private func choose(_ level: Rule.Harm, _ store: Store) -> Reaction {
    guard level > .none else { return .perform(reference, .checkRules(level)) }
    guard !store.refuseUnarmed(reference) else { return .stay }
    return .push(
      Confirm(
        reference, title: "Check?",
        lines: ["\(store.name(of: reference)): \(Self.words(level)).", "Afterwards it is brought back to running."],
        command: .checkRules(level), from: store.status(reference)?.observation?.state))
  }

  private static func words(_ level: Rule.Harm) -> String {
    switch level {
    case .none: "harmless: nothing of the device is changed"
    case .perturb: "the device is stopped for moments too"
    case .lose: "it is also reset, and loses its state"
    case .crash: "also what may crash its driver or the machine"
    }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let levels = Rule.Harm.allCases
    let frame = Rectangle(
      row: area.endRow - levels.count - 3, column: area.column, height: levels.count + 3, width: area.width)
    canvas.fill(frame)
    let inside = canvas.box(frame, title: "Check which rules the device keeps", style: .focusedBorder)
    for (offset, level) in levels.enumerated() {
      let line = Rectangle(row: inside.row + offset, column: inside.column, height: 1, width: inside.width)
      canvas.put(level.rawValue, row: line.row, column: line.column + 1, within: line)
      canvas.put(
        Self.words(level), row: line.row, column: line.column + 11, style: level > .perturb ? .warning : .dim,
        within: line)
      if offset == index { canvas.select(line) }
    }
  }
}
