import Migration
import Terminal

/// Where a device's state can go to, and how it is moved. It lies over the device's view.
struct MigrateMenu: View {
  private let reference: DeviceReference
  private var index = 0
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
    let destinations = destinations(store)
    switch key {
    case .up, .character("k"): index = max(0, index - 1)
    case .down, .character("j"): index = max(0, min(destinations.count - 1, index + 1))
    case .home: index = 0
    case .end: index = max(0, destinations.count - 1)
    case .character("+"): aim(target + 1)
    case .character("-"): aim(target - 1)
    case .character("p"): options.preCopy.toggle()
    case .escape, .character("q"), .left: return .pop
    case .enter: return destinations.indices.contains(index) ? choose(destinations[index], store) : .stay
    default: break
    }
    return .stay
  }

  private mutating func aim(_ index: Int) {
    target = min(max(0, index), Self.targets.count - 1)
    options.downtimeTarget = .milliseconds(Self.targets[target])
  }

  /// The destination is opened for the question: what it is must be known before it loses its state.
  private func choose(_ destination: Destination, _ store: Store) -> Reaction {
    store.open(destination.reference)
    let armed = store.isArmed(destination.reference) ? "" : " It is read-only now: yes arms it too."
    return .push(
      Confirm(
        reference, title: "Migrate?",
        lines: [
          "Source: \(store.name(of: reference)). It is stopped when its data has arrived.",
          "Destination: \(destination.name). Its own state is lost. It runs afterwards.\(armed)",
          "If something fails before that, the source goes on as before and the destination is reset: it never runs on a part.",
        ], answer: .begin(.migrate(reference, to: destination.reference), options),
        from: store.status(reference)?.observation?.state))
  }

  // MARK: destinations

  private struct Destination {
    let reference: DeviceReference
    let name: String
    let what: String
  }

  /// The other devices that VFIO has, but for those of which is known that they can't be it.
  private func destinations(_ store: Store) -> [Destination] {
    let ours = store.status(reference)?.facts?.protocol
    let listed = store.listing.devices.filter { device in
      guard device.isVFIO, device.reference != reference else { return false }
      guard let status = store.status(device.reference), status.phase != .closed else { return true }
      if case .withoutMigration = status.phase { return false }
      return status.facts.map { $0.protocol == ours } ?? true
    }
    return listed.map { Destination(reference: $0.reference, name: $0.address, what: $0.summary) }
      + (reference.twin.map { [Destination(reference: $0, name: "\($0)", what: "another simulated device")] } ?? [])
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let destinations = destinations(store)
    let inside = canvas.overlay(
      "Migrate \(store.name(of: reference)) to", rows: max(1, destinations.count) + 3, in: area)
    let (list, below) = inside.split(rows: -3)
    if destinations.isEmpty { canvas.putFitted("There is no other device here.", in: list, style: .dim) }
    let first = max(0, index - list.height + 1)
    for (offset, destination) in destinations.dropFirst(first).prefix(list.height).enumerated() {
      let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
      let (left, right) = place.split(columns: max(16, place.width - destination.what.count - 1))
      canvas.putFitted(destination.name, in: left)
      canvas.putRight(destination.what, in: right, style: .dim)
      if first + offset == index { canvas.select(place) }
    }
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

extension DeviceReference {
  /// A simulated device like this one, without its first state and its faults, and with other memory; nil for others.
  var twin: DeviceReference? {
    guard case .simulated(let text) = self else { return nil }
    let parts = text.split(separator: ",")
    let own = ["seed=", "state=", "fail=", "hang="]
    let seed = parts.contains("seed=2") ? "seed=3" : "seed=2"
    let kept = parts.filter { part in !own.contains { part.hasPrefix($0) } }
    return .simulated((kept.map(String.init) + [seed]).joined(separator: ","))
  }
}
