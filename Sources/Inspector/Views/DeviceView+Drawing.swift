import Migration
import Terminal
import VFIO

extension DeviceView {
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    switch status.phase {
    case .opening:
      draw(["Opening the device\(status.work.map { $0.age(at: store.now) } ?? "") …"], .dim, on: &canvas, in: area)
    case .failed(let why): draw(["Can't open the device.", why], .danger, on: &canvas, in: area)
    case .withoutMigration(let errno):
      draw(
        [
          "This device does not migrate.",
          "It has no migration region, and feature MIGRATION answers \(errno). Only variant drivers migrate; plain vfio-pci does not.",
        ], .warning, on: &canvas, in: area)
    case .closed: draw(["The device is closed.", "Another program can open it."], .dim, on: &canvas, in: area)
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
    let fields = status.fields(at: store.now)
    drawFields(fields, on: &canvas, in: take(fields.count), store)
    let isTall = rest.height >= StateDiagram.tallHeight + 8
    _ = take(isTall ? 1 : 0)
    let diagram = take(isTall ? StateDiagram.tallHeight : StateDiagram.flatHeight)
    StateDiagram(
      facts: facts, current: status.observation?.state, path: [], plans: status.plans,
      isStale: status.isStale(at: store.now)
    ).draw(on: &canvas, in: diagram)
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
    let (top, below) = Rectangle(
      row: area.row, column: area.column + 1, height: area.height, width: area.width - 2
    ).split(rows: 1)
    let faults = status.faults ?? []
    let words = faults.isEmpty ? "" : "faults on: " + faults.joined(separator: ", ")
    let (left, right) = top.split(columns: top.width - min(top.width * 2 / 3, words.isEmpty ? 0 : words.count + 1))
    canvas.putFitted(line, in: left, style: .dim)
    canvas.putRight(words, in: right, style: .warning)
    guard below.height > 0 else { return }
    StateLine(status, at: store.now).draw(on: &canvas, in: below)
  }

  private func drawFields(_ fields: [Field], on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let values = fields.map { display($0, canvas.glyphs) }
    // The words beside the values need the room more where there is little.
    let width = max(area.width < 80 ? 15 : 20, values.map(\.0.count).max() ?? 0)
    for (offset, (field, (value, style))) in zip(fields, values).prefix(area.height).enumerated() {
      let row = area.row + offset
      canvas.put(field.name, row: row, column: area.column + 1, style: .dim, within: area)
      canvas.putRight(
        value, in: Rectangle(row: row, column: area.column + 18, height: 1, width: width), style: style)
      let words = Rectangle(row: row, column: area.column + 19 + width, height: 1, width: area.width - 20 - width)
      canvas.putFitted("\(unit(field))\(field.liveness.word(at: store.now))", in: words, style: .dim)
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
    JournalLines(store.journal(of: reference), withLooks: false).draw(on: &canvas, in: inside)
  }
}
