import Migration
import Rulebook
import Terminal

/// The scenarios that a device can play. It lies over the device's view.
struct ScenarioMenu: View {
  private let reference: DeviceReference
  private var index = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Scenarios" }

  func keys(_ store: Store) -> [KeyHint] {
    [KeyHint("j k", "move"), KeyHint("Enter", "choose"), KeyHint("Esc", "back"), KeyHint("?", "help")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let scenarios = scenarios(store)
    switch key {
    case .up, .character("k"): index = max(0, index - 1)
    case .down, .character("j"): index = max(0, min(scenarios.count - 1, index + 1))
    case .home: index = 0
    case .end: index = max(0, scenarios.count - 1)
    case .escape, .character("q"), .left: return .pop
    case .enter: return scenarios.indices.contains(index) ? choose(scenarios[index]) : .stay
    default: break
    }
    return .stay
  }

  private func choose(_ scenario: Scenario) -> Reaction {
    scenario.roles.count == 1
      ? .rehearse(scenario, [reference]) : .push(ScenarioDestinationMenu(scenario, source: reference))
  }

  private func scenarios(_ store: Store) -> [Scenario] {
    guard let facts = store.status(reference)?.facts, let all = try? ScenarioCatalog.shipped.get() else { return [] }
    let hasSwitches = store.faults(of: reference) != nil
    return all.filter { scenario in
      (hasSwitches || scenario.injectedFaults.isEmpty)
        && scenario.misfit(of: .source, speaking: facts.protocol, having: facts.states) == nil
    }
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let scenarios = scenarios(store)
    let inside = canvas.overlay("Scenarios", rows: max(1, scenarios.count) + 5, in: area)
    let (list, below) = inside.split(rows: -5)
    if scenarios.isEmpty { canvas.putFitted("There is none for this device.", in: list, style: .dim) }
    SelectedList(scenarios.count, selected: index, in: list).draw(on: &canvas) { canvas, number, place in
      let (left, right) = place.split(columns: 20)
      canvas.putFitted(scenarios[number].name, in: left)
      canvas.putFitted(scenarios[number].title, in: right, style: .dim)
    }
    guard scenarios.indices.contains(index) else { return }
    draw(scenarios[index], on: &canvas, in: below.split(rows: 1).bottom)
  }

  private func draw(_ scenario: Scenario, on canvas: inout Canvas, in area: Rectangle) {
    let (shows, harm) = area.split(rows: -2)
    canvas.putWrapped(scenario.shows, in: shows)
    for (offset, role) in scenario.roles.enumerated() {
      let harmed = scenario.harm(to: role)
      canvas.putFitted(
        "The \(scenario.label(role)) \(harmed.warning).",
        in: Rectangle(row: harm.row + offset, column: harm.column, height: 1, width: harm.width),
        style: harmed >= .lose ? .warning : .dim)
    }
  }
}

/// The device that takes data in a scenario for two. It lies over the list of scenarios.
struct ScenarioDestinationMenu: View {
  private let scenario: Scenario
  private let source: DeviceReference
  private var index = 0

  init(_ scenario: Scenario, source: DeviceReference) {
    (self.scenario, self.source) = (scenario, source)
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { source }

  func title(_ store: Store) -> String { "Destination" }

  func keys(_ store: Store) -> [KeyHint] {
    [KeyHint("j k", "move"), KeyHint("Enter", "choose"), KeyHint("Esc", "back")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let destinations = Destination.all(for: source, store)
    switch key {
    case .up, .character("k"): index = max(0, index - 1)
    case .down, .character("j"): index = max(0, min(destinations.count - 1, index + 1))
    case .home: index = 0
    case .end: index = max(0, destinations.count - 1)
    case .escape, .character("q"), .left: return .pop
    case .enter:
      return destinations.indices.contains(index)
        ? .rehearse(scenario, [source, destinations[index].reference]) : .stay
    default: break
    }
    return .stay
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let destinations = Destination.all(for: source, store)
    let inside = canvas.overlay("Play it with", rows: max(1, destinations.count), in: area)
    Destination.draw(destinations, selecting: index, on: &canvas, in: inside)
  }
}
