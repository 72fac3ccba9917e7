import Migration
import Rulebook
import Terminal

/// The program without a terminal: keys go in, a canvas comes out.
final class InspectorApp {
  static let smallestWidth = 60
  static let smallestHeight = 16

  let store: Store
  private var views: [any View]
  private var isTooSmall = false

  /// Shows the groups, and above them the device, when one is given, and a scenario for it, when there is one; of
  /// captures, when some are given, only these.
  init(
    store: Store, device: DeviceReference? = nil, scenario: (Scenario, on: [DeviceReference])? = nil,
    files: [String] = []
  ) {
    self.store = store
    views = files.isEmpty ? [GroupsView()] : files.count == 1 ? [DataView(files[0])] : [DiffView(files[0], files[1])]
    if let device {
      store.open(device)
      views.append(DeviceView(device))
    }
    if let (scenario, devices) = scenario { views.append(ScenarioView(store.prepare(scenario, on: devices))) }
  }

  /// Takes the size of the screen, on which depends what keys do.
  func resize(width: Int, height: Int) {
    isTooSmall = width < Self.smallestWidth || height < Self.smallestHeight
    store.body = Rectangle(row: 1, column: 0, height: height - 2, width: width)
  }

  /// Takes a key. Returns false when the program is to end.
  func handle(_ key: Key) -> Bool {
    // Nobody can see what another key would do.
    guard !isTooSmall else { return key != .character("q") }
    store.message = nil
    let top = views.count - 1
    if isHelp(key, for: views[top]) {
      views.append(HelpView(views[top].keys(store), device: views[top].device))
      return true
    }
    switch views[top].handle(key, store) {
    case .stay: break
    case .push(let view): views.append(view)
    case .pop:
      guard top > 0 else { return false }
      views.removeLast()
    case .replace(let view): views[top] = view
    case .perform(let device, let command):
      let isBegun = store.perform(command, on: device)
      removeOverlays()
      if isBegun, let next = command.view(of: device) { show(next) }
    case .begin(let job, let options):
      guard let flow = store.begin(job, options) else { break }
      removeOverlays()
      show(FlowView(flow))
    case .giveUp(let flow):
      flow.cancel()
      removeOverlays()
    case .rehearse(let scenario, let devices):
      removeOverlays()
      show(ScenarioView(store.prepare(scenario, on: devices)))
    case .play(let stage, let command):
      store.perform(command, on: stage, arming: true)
      removeOverlays()
    case .quit: return quits(from: views[top])
    }
    return true
  }

  /// Puts a view on top.
  func show(_ view: any View) { views.append(view) }

  private func removeOverlays() {
    while views.last?.isOverlay == true { views.removeLast() }
  }

  /// Whether the program ends now. While data is moved that would cost it, so it is asked for twice.
  private func quits(from view: any View) -> Bool {
    guard !store.moving.isEmpty, !(view is Confirm), !(view is LeavingView) else { return false }
    show(
      Confirm(
        title: "Quit in the middle of it?",
        lines: ["Under way: \(store.moving.joined(separator: ", ")). It is given up first."] + store.onGivingUp + [
          "A device that does not answer within \(seconds(Leaving.limit)) is left as it is."
        ], answer: .quit))
    return true
  }

  /// Gives up whatever goes on, because the program ends, and shows that; nil when nothing does.
  func leave() -> Leaving? {
    guard let leaving = store.leave() else { return nil }
    removeOverlays()
    show(LeavingView(leaving))
    return leaving
  }

  private func isHelp(_ key: Key, for view: any View) -> Bool {
    // Over the end it would keep the keys that leave at once.
    guard !(view is HelpView), !(view is LeavingView) else { return false }
    return key == .function(1) || key == .character("?") && !view.takesText
  }

  /// Draws the whole screen.
  func draw(on canvas: inout Canvas) {
    store.tick()
    resize(width: canvas.width, height: canvas.height)
    guard !isTooSmall else {
      drawTooSmall(on: &canvas)
      return
    }
    let (head, rest) = canvas.bounds.split(rows: 1)
    let foot = rest.split(rows: -1).bottom
    let first = views.lastIndex { !$0.isOverlay } ?? 0
    for view in views[first...] { view.draw(on: &canvas, in: store.body, store) }
    drawHead(on: &canvas, in: head, views[first])
    drawFoot(on: &canvas, in: foot)
  }

  private func drawTooSmall(on canvas: inout Canvas) {
    let text =
      "The terminal is \(canvas.width)×\(canvas.height). vfioscope needs \(Self.smallestWidth)×\(Self.smallestHeight)."
    _ = canvas.putWrapped("\(text) \(wayOut)", in: canvas.bounds)
  }

  /// What `q` does where there is no room to ask.
  private var wayOut: String {
    if views.last is LeavingView { return "Giving up what goes on; q leaves at once." }
    return store.moving.isEmpty ? "q quits." : "q gives up \(store.moving.joined(separator: ", ")) and quits."
  }

  private func drawHead(on canvas: inout Canvas, in line: Rectangle, _ view: any View) {
    let column = canvas.put(" vfioscope  ", row: line.row, column: line.column, style: .title)
    let armed = view.device.map { store.isArmed($0) ? "ARMED" : nil } ?? armedDevices
    let badge = " \(armed ?? "READ-ONLY") "
    let (middle, right) = Rectangle(row: line.row, column: column, height: 1, width: line.endColumn - column)
      .split(columns: -badge.count)
    // What is seen of a device that was made to fail is to be taken for nothing else, in whatever view.
    let faulty = view.device.flatMap(store.faults)?.isEmpty == false ? " FAULTS ON " : ""
    let (title, warning) = middle.split(columns: middle.width - faulty.count)
    canvas.putFitted(view.title(store), in: title)
    canvas.putFitted(faulty, in: warning, style: Style.warning.selected)
    canvas.putFitted(badge, in: right, style: armed == nil ? .badge : Style.danger.selected)
  }

  /// For views of no single device.
  private var armedDevices: String? { store.armedCount == 0 ? nil : "\(store.armedCount) ARMED" }

  private func drawFoot(on canvas: inout Canvas, in line: Rectangle) {
    if let message = store.message {
      canvas.putFitted(" \(message)", in: line, style: .warning)
      return
    }
    var column = line.column + 1
    for hint in views[views.count - 1].keys(store) {
      // Half a hint would only mislead; those that matter less come last.
      guard column + hint.key.count + 1 + hint.what.count <= line.endColumn else { return }
      column = canvas.put(hint.key, row: line.row, column: column, style: .key, within: line)
      column = canvas.put(" \(hint.what)", row: line.row, column: column, style: .dim, within: line) + 2
    }
  }
}
