import Migration
import Terminal
import VFIO

/// The states of a device and the arcs between them, drawn: the present state lit, the arcs that leave it marked, the
/// path of a planned step drawn double.
struct StateDiagram {
  /// What is drawn.
  let facts: DeviceStatus.Facts
  /// The present state.
  let current: State?
  /// The states of a planned step, both ends included.
  let path: [State]
  /// What each state would take from here.
  let plans: [StepPlan]
  /// Whether the device may no longer be in the state it was last seen in.
  let isStale: Bool

  /// How many rows it needs: with boxes, and without.
  static let tallHeight = 7
  static let flatHeight = 3

  /// Draws it in the middle of an area; boxes where there is room for them.
  func draw(on canvas: inout Canvas, in area: Rectangle) {
    guard let geometry = DiagramGeometry(states: facts.states, in: area) else { return }
    for link in DiagramLayout.of(facts.protocol).links { draw(link, on: &canvas, geometry) }
    for (state, box) in geometry.boxes { draw(state, on: &canvas, in: box) }
  }

  // MARK: states

  private func draw(_ state: State, on canvas: inout Canvas, in box: Rectangle) {
    let style = style(of: state)
    let inside: Rectangle
    if box.height >= 3 {
      inside = canvas.box(box, style: isCurrent(state) || path.contains(state) ? style : .border)
    } else {
      canvas.put("[", row: box.row, column: box.column, style: style)
      canvas.put("]", row: box.row, column: box.endColumn - 1, style: style)
      inside = Rectangle(row: box.row, column: box.column + 1, height: 1, width: box.width - 2)
    }
    canvas.fill(inside, style: style)
    canvas.put(
      "\(mark(of: state, canvas.glyphs)) \(state.name)", row: inside.row, column: inside.column, style: style,
      within: inside)
    if isCurrent(state) { canvas.select(inside) }
  }

  /// A sign beside the name, so that nothing is told by colour alone.
  private func mark(of state: State, _ glyphs: Glyphs) -> String {
    if isCurrent(state) { return isStale ? glyphs.idle : glyphs.live }
    if path.last == state { return glyphs.right }
    if path.contains(state) { return glyphs.bullet }
    return " "
  }

  private func style(of state: State) -> Style {
    if isCurrent(state) { return state.isError ? .danger : isStale ? .stale : .good }
    if path.contains(state) { return .accent }
    if case .refused? = plans.first(where: { $0.to == state })?.standing { return .dim }
    return .normal
  }

  private func isCurrent(_ state: State) -> Bool { current.map(state.isSame) ?? false }

  // MARK: arcs

  private func draw(_ link: DiagramLink, on canvas: inout Canvas, _ geometry: DiagramGeometry) {
    guard let from = geometry.box(of: link.from), let to = geometry.box(of: link.to) else { return }
    let there = facts.arcs.contains { $0.from == link.from && $0.to == link.to }
    let back = facts.arcs.contains { $0.from == link.to && $0.to == link.from }
    guard there || back else { return }
    let pen = DiagramPen(
      style: style(of: link), isDouble: isPlanned(link), forward: there, backward: back)
    switch link.shape {
    case .straight where from.row == to.row: pen.across(&canvas, from: from, to: to)
    case .straight: pen.down(&canvas, from: from, to: to)
    case .elbow: pen.elbow(&canvas, from: from, to: to)
    }
  }

  private func style(of link: DiagramLink) -> Style {
    if isPlanned(link) { return .accent }
    let leaves = facts.arcs.contains {
      isCurrent($0.from) && ($0.to == link.to || $0.to == link.from) && ($0.from == link.to || $0.from == link.from)
    }
    return leaves ? .live : .border
  }

  private func isPlanned(_ link: DiagramLink) -> Bool {
    zip(path, path.dropFirst()).contains {
      ($0 == link.from && $1 == link.to) || ($0 == link.to && $1 == link.from)
    }
  }
}
