import Migration
import Terminal

/// One device: its state, the values that go with it, the state diagram, the last step, the journal.
struct DeviceView: View {
  private let reference: DeviceReference

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String {
    store.listed(reference)?.address ?? reference.description
  }

  func keys(_ store: Store) -> [KeyHint] {
    guard let status = store.status(reference), status.facts != nil, status.lookFailure == nil else {
      return [KeyHint("o", "open again"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit")]
    }
    let arm = store.isArmed(reference) ? KeyHint("a", "disarm") : KeyHint("a", "arm")
    return [
      KeyHint("s", "step"), arm, KeyHint("J", "journal"), KeyHint("Esc", "back"), KeyHint("?", "help"),
      KeyHint("q", "quit"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    case .character("J"): return .push(JournalView(reference))
    case .character("o"): reopen(store)
    case .character("a"): return toggleArm(store)
    case .character("s"), .enter:
      guard let status = store.status(reference), status.facts != nil else { return .stay }
      guard status.observation != nil else {
        store.message = "The device's state is not known yet."
        return .stay
      }
      return .push(StepMenu(reference))
    default: break
    }
    return .stay
  }

  /// Only a device that can't be used is opened again: doing it to another one would reset some.
  private func reopen(_ store: Store) {
    guard let status = store.status(reference), status.work == nil else { return }
    if status.facts == nil || status.lookFailure != nil { store.reopen(reference) }
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

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    switch status.phase {
    case .opening: draw(["Opening the device\(busy(status, store)) …"], .dim, on: &canvas, in: area)
    case .failed(let why): draw(["Can't open the device.", why], .danger, on: &canvas, in: area)
    case .withoutMigration(let errno):
      draw(
        [
          "This device does not migrate.",
          "It has no migration region, and feature MIGRATION answers \(errno). Only variant drivers migrate; plain vfio-pci does not.",
        ], .warning, on: &canvas, in: area)
    case .open(let facts): draw(status, facts, on: &canvas, in: area, store)
    }
  }

  private func draw(_ lines: [String], _ style: Style, on canvas: inout Canvas, in area: Rectangle) {
    var rest = area.inset()
    for line in lines {
      let used = canvas.putWrapped(line, in: rest, style: line == lines[0] ? style : .normal)
      rest = rest.split(rows: used + 1).bottom
    }
  }

  private func draw(
    _ status: DeviceStatus, _ facts: DeviceStatus.Facts, on canvas: inout Canvas, in area: Rectangle, _ store: Store
  ) {
    var rest = area
    func take(_ rows: Int) -> Rectangle {
      let (top, bottom) = rest.split(rows: rows)
      rest = bottom
      return top
    }
    drawState(status, facts, on: &canvas, in: take(2), store)
    let fields = status.observation?.fields ?? []
    drawFields(fields, on: &canvas, in: take(fields.count), store)
    let isTall = rest.height >= StateDiagram.tallHeight + 8
    _ = take(isTall ? 1 : 0)
    let diagram = take(isTall ? StateDiagram.tallHeight : StateDiagram.flatHeight)
    StateDiagram(facts: facts, current: status.observation?.state, path: [], plans: status.plans)
      .draw(on: &canvas, in: diagram)
    drawOutcome(status, on: &canvas, in: take(min(outcomeHeight(status), max(0, rest.height - 3))))
    drawJournal(on: &canvas, in: rest, store)
  }

  private func drawState(
    _ status: DeviceStatus, _ facts: DeviceStatus.Facts, on canvas: inout Canvas, in area: Rectangle, _ store: Store
  ) {
    let summary = store.listed(reference)?.summary ?? ""
    let line = [
      "protocol \(facts.protocol.rawValue) by \(facts.way)", facts.flags.joined(separator: " "), summary,
    ].filter { !$0.isEmpty }.joined(separator: " \(canvas.glyphs.separator) ")
    let inner = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    canvas.putFitted(line, in: inner, style: .dim)
    guard area.height > 1, let observation = status.observation else { return }
    let state = observation.state
    let row = area.row + 1
    var column = canvas.put("state ", row: row, column: inner.column, style: .dim, within: inner)
    let style: Style = state.isError ? .danger : status.lookFailure == nil ? .live : .stale
    column = canvas.put("\(canvas.glyphs.live) \(state.name)", row: row, column: column, style: style, within: inner)
    let age = status.stateSince.map { " for \(seconds($0.duration(to: store.now)))" } ?? ""
    column = canvas.put(
      "  \(state.protocolName) (\(state.number))\(age)", row: row, column: column, style: .dim, within: inner)
    let right = Rectangle(row: row, column: column + 2, height: 1, width: inner.endColumn - column - 2)
    if let failure = status.lookFailure {
      canvas.putRight("\(canvas.glyphs.failure) last look failed: \(failure)", in: right, style: .danger)
    } else if let work = status.work {
      canvas.putRight("busy: \(work.name)\(busy(status, store))", in: right, style: .warning)
    }
  }

  private func busy(_ status: DeviceStatus, _ store: Store) -> String {
    status.work.map { " for \(seconds($0.since.duration(to: store.now)))" } ?? ""
  }

  private func drawFields(_ fields: [Field], on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    for (offset, field) in fields.prefix(area.height).enumerated() {
      let row = area.row + offset
      canvas.put(field.name, row: row, column: area.column + 1, style: .dim, within: area)
      let (value, style) = display(field, canvas.glyphs)
      let place = Rectangle(row: row, column: area.column + 18, height: 1, width: 20)
      canvas.putRight(value, in: place, style: style)
      canvas.put(
        "\(unit(field))\(field.liveness.word(at: store.now))", row: row, column: area.column + 39, style: .dim,
        within: area)
    }
  }

  private func display(_ field: Field, _ glyphs: Glyphs) -> (String, Style) {
    guard let value = field.value else { return (glyphs.none, .dim) }
    let text = field.unit == .offset ? "0x" + hexadecimal(value) : grouped(value)
    return (text, field.liveness == .live ? .live : .stale)
  }

  private func unit(_ field: Field) -> String {
    switch field.unit {
    case .bytes where field.value != nil: "bytes, "
    case .count where field.value != nil: "open, "
    default: ""
    }
  }

  private func outcomeHeight(_ status: DeviceStatus) -> Int {
    if status.actionFailure != nil { return 2 }
    return status.lastStep.map { $0.explanation.isEmpty ? 1 : 3 } ?? 0
  }

  private func drawOutcome(_ status: DeviceStatus, on canvas: inout Canvas, in area: Rectangle) {
    guard area.height > 0 else { return }
    let inner = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    if let failure = status.actionFailure {
      _ = canvas.putWrapped("\(canvas.glyphs.failure) \(failure)", in: inner, style: .danger)
    } else if let step = status.lastStep {
      let sign = step.isDone ? canvas.glyphs.check : canvas.glyphs.failure
      let style: Style = step.brokenRule != nil ? .danger : step.isDone ? .good : .warning
      let (head, rest) = inner.split(rows: 1)
      canvas.putFitted("\(sign) \(step.line)", in: head, style: style)
      _ = canvas.putWrapped(step.explanation.joined(separator: " "), in: rest)
    }
  }

  private func drawJournal(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard area.height >= 3 else { return }
    let inside = canvas.box(area, title: "Journal")
    let lines = JournalView.lines(of: store.handle(reference).journal, withLooks: false)
    for (offset, line) in lines.suffix(inside.height).enumerated() {
      let place = Rectangle(row: inside.row + offset, column: inside.column, height: 1, width: inside.width)
      canvas.putFitted(line.text, in: place, style: line.style)
    }
  }
}
