import Migration
import Terminal

/// Where a device's state can go to, and how it is moved. It lies over the device's view.
struct MigrateMenu: View {
  private let reference: DeviceReference
  /// Which destination is selected; nil for the first one that fits.
  private var selected: Int?
  private var options = TransferOptions()

  /// Downtimes to choose from, in milliseconds.
  private static let targets = [10, 30, 100, 300, 1000, 3000]
  private var target = 3

  /// A menu for a source.
  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Migrate" }

  func keys(_ store: Store) -> [KeyHint] {
    [
      KeyHint("j k", "move"), KeyHint("Enter", "choose"), KeyHint("+ -", "downtime"), KeyHint("p", "pre-copy"),
      KeyHint("Esc", "back"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let destinations = Destination.all(for: reference, store)
    let index = index(in: destinations)
    switch key {
    case .up, .character("k"): selected = max(0, index - 1)
    case .down, .character("j"): selected = max(0, min(destinations.count - 1, index + 1))
    case .home: selected = 0
    case .end: selected = max(0, destinations.count - 1)
    case .character("+"): aim(target + 1)
    case .character("-"): aim(target - 1)
    case .character("p"): options.preCopy.toggle()
    case .escape, .character("q"), .left: return .pop
    case .enter: return destinations.indices.contains(index) ? choose(destinations[index], store) : .stay
    default: break
    }
    return .stay
  }

  private func index(in destinations: [Destination]) -> Int {
    selected ?? destinations.firstIndex { $0.misfit == nil } ?? 0
  }

  private mutating func aim(_ index: Int) {
    target = min(max(0, index), Self.targets.count - 1)
    options.downtimeTarget = .milliseconds(Self.targets[target])
  }

  /// The destination is opened for the question: what it is must be known before it loses its state.
  private func choose(_ destination: Destination, _ store: Store) -> Reaction {
    store.open(destination.reference)
    let armed = store.isArmed(destination.reference) ? "" : " It is read-only now: yes arms it too."
    let question = Confirm(
      reference, title: "Migrate?",
      lines: [
        "Source: \(store.name(of: reference)). It is stopped when its data has arrived.",
        "Destination: \(destination.name). Its own state is lost. It runs afterwards.\(armed)",
        "If something fails before that, the source goes on as before and the destination is reset: it never runs on a part.",
      ], answer: .begin(.migrate(reference, to: destination.reference), options),
      from: store.status(reference)?.observation?.state)
    return .push(.migrate(reference, to: destination.reference, question))
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let destinations = Destination.all(for: reference, store)
    let inside = canvas.overlay(
      "Migrate \(store.name(of: reference)) to", rows: max(1, destinations.count) + 3, in: area)
    let (list, below) = inside.split(rows: -3)
    Destination.draw(destinations, selecting: index(in: destinations), on: &canvas, in: list)
    drawOptions(on: &canvas, in: below.split(rows: 1).bottom, store)
  }

  private func drawOptions(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let (top, bottom) = area.split(rows: 1)
    canvas.putFitted("+ -  downtime target: \(took(options.downtimeTarget))", in: top)
    let has = store.status(reference)?.facts?.states.contains { $0.name == "pre-copy" } == true
    let when =
      !has
      ? "once it is stopped; it has no pre-copy"
      : options.preCopy ? "while the source still runs, then the rest" : "only once the source is stopped"
    canvas.putFitted("p    data is moved \(when)", in: bottom)
  }
}
