import Migration
import Terminal

/// What can be asked of a device from here, with what will happen. It lies over the device's view.
struct StepMenu: View {
  private let reference: DeviceReference
  private var index = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Step" }

  func keys(_ store: Store) -> [KeyHint] {
    [KeyHint("j k", "move"), KeyHint("Enter", "choose"), KeyHint("Esc", "back"), KeyHint("?", "help")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    guard let status = store.status(reference) else { return .pop }
    let items = items(status)
    index = min(index, items.count - 1)
    switch key {
    case .up, .character("k"): index = max(0, index - 1)
    case .down, .character("j"): index = min(items.count - 1, index + 1)
    case .home: index = 0
    case .end: index = items.count - 1
    case .escape, .character("q"), .left: return .pop
    case .enter: return choose(items[index], from: status.observation?.state, store)
    default: break
    }
    return .stay
  }

  private func choose(_ item: StepMenuItem, from state: State?, _ store: Store) -> Reaction {
    guard store.isArmed(reference) else {
      store.message = "Read-only: go back and press a to arm this device first."
      return .stay
    }
    return .push(
      Confirm(reference, title: item.question, lines: item.warnings, command: item.command, from: state))
  }

  private func items(_ status: DeviceStatus) -> [StepMenuItem] {
    status.plans.map(StepMenuItem.init) + [.reset]
      + (status.observation?.state.protocol == .v1 ? StepMenuItem.window : [])
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference), let facts = status.facts else { return }
    let items = items(status)
    let index = min(index, items.count - 1)
    let diagramHeight = area.height >= items.count + 12 ? StateDiagram.tallHeight : StateDiagram.flatHeight
    let height = min(area.height, items.count + diagramHeight + 4)
    let frame = Rectangle(row: area.endRow - height, column: area.column, height: height, width: area.width)
    // The state stays visible above; half a diagram would only disturb.
    canvas.fill(area.split(rows: 2).bottom)
    canvas.fill(frame)
    let from = status.observation?.state.name ?? "unknown"
    let inside = canvas.box(frame, title: "Step from \(from)", style: .focusedBorder)
    let (list, rest) = inside.split(rows: -diagramHeight - 1)
    let first = max(0, index - list.height + 1)
    for (offset, item) in items.dropFirst(first).prefix(list.height).enumerated() {
      let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
      draw(item, on: &canvas, in: place)
      if first + offset == index { canvas.select(place) }
    }
    drawPath(items[index], on: &canvas, in: rest.split(rows: 1).top)
    StateDiagram(
      facts: facts, current: status.observation?.state, path: items[index].plan?.path ?? [], plans: status.plans,
      isStale: status.isStale(at: store.now)
    ).draw(on: &canvas, in: rest.split(rows: 1).bottom)
  }

  private func draw(_ item: StepMenuItem, on canvas: inout Canvas, in place: Rectangle) {
    canvas.put(item.name, row: place.row, column: place.column + 1, within: place)
    canvas.put(item.word, row: place.row, column: place.column + 16, style: item.style, within: place)
    let rest = Rectangle(row: place.row, column: place.column + 26, height: 1, width: place.width - 27)
    canvas.putFitted(item.what, in: rest, style: .dim)
  }

  private func drawPath(_ item: StepMenuItem, on canvas: inout Canvas, in line: Rectangle) {
    guard let plan = item.plan else { return }
    let way = plan.path.map(\.name).joined(separator: " \(canvas.glyphs.right) ")
    let inner = Rectangle(row: line.row, column: line.column + 1, height: 1, width: line.width - 2)
    canvas.putFitted("path: \(way)", in: inner, style: .accent)
  }
}
