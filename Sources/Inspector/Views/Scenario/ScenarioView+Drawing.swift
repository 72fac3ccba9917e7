import Migration
import Rulebook
import Terminal

extension ScenarioView {
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let status = stage.status
    let inner = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    let (head, body) = inner.split(rows: 1 + stage.devices.count)
    drawHead(status, on: &canvas, in: head, store)
    let news = news(status, canvas.glyphs)
    let newsHeight = min(
      3, SafeText.lines(of: news.text, columns: inner.width, isASCII: canvas.glyphs.isASCII).count)
    let diagram = diagramHeight(of: area)
    let journal = area.height >= 22 ? max(4, (area.height - 18) / 2) : 0
    let detail = area.height >= 26 ? 6 : 5
    let fixed = 1 + diagram + newsHeight + detail + journal
    let (picture, list) = body.split(rows: diagram + 1)
    if diagram > 0 { drawDiagram(status, on: &canvas, in: picture, store) }
    let (steps, below) = list.split(rows: min(stage.scenario.steps.count + 1, max(1, body.height - fixed)))
    drawSteps(status, on: &canvas, in: steps.height > stage.scenario.steps.count ? steps.split(rows: -1).top : steps)
    let (words, rest) = below.split(rows: newsHeight)
    canvas.putWrapped(news.text, in: words, style: news.style)
    let (details, bottom) = rest.split(rows: detail)
    drawDetail(status, on: &canvas, in: details)
    guard journal > 0 else { return }
    drawJournal(
      status, on: &canvas,
      in: Rectangle(row: bottom.row, column: area.column, height: bottom.height, width: area.width), store)
  }

  private func diagramHeight(of area: Rectangle) -> Int {
    area.height >= 38 ? StateDiagram.tallHeight : area.height >= 30 ? StateDiagram.flatHeight : 0
  }

  // MARK: head

  private func drawHead(_ status: StageStatus, on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let (line, devices) = area.split(rows: 1)
    let count = stage.scenario.steps.count
    let place = status.run.ending == .played ? "all \(count) steps" : "step \(shown(status) + 1) of \(count)"
    let (left, right) = line.split(columns: -place.count - 1)
    canvas.putFitted(stage.scenario.title, in: left, style: .title)
    canvas.putRight(place, in: right, style: .dim)
    for (offset, (role, reference)) in zip(stage.scenario.roles, stage.devices).enumerated() {
      let row = Rectangle(row: devices.row + offset, column: devices.column, height: 1, width: devices.width)
      let (label, state) = stage.devices.count == 1 ? row.split(columns: 0) : row.split(columns: 13)
      canvas.putFitted(role.rawValue, in: label)
      guard let known = store.status(reference) else { continue }
      if known.observation == nil {
        canvas.putFitted(known.unready ?? "", in: state, style: .warning)
      } else {
        StateLine(known, at: store.now).draw(on: &canvas, in: state)
      }
    }
  }

  private func drawDiagram(_ status: StageStatus, on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let reference = device(of: shown(status))
    guard let known = store.status(reference), let facts = known.facts else { return }
    StateDiagram(
      facts: facts, current: known.observation?.state, path: planned(status, known), plans: known.plans,
      isStale: known.isStale(at: store.now)
    ).draw(on: &canvas, in: area.split(rows: -1).top)
  }

  /// The way that the next step will take.
  private func planned(_ status: StageStatus, _ known: DeviceStatus) -> [State] {
    guard status.run.ending == nil, shown(status) == status.run.next,
      case .ask(let goal) = stage.scenario.steps[status.run.next].action
    else { return [] }
    return known.plans.first { $0.to == goal }?.path ?? []
  }

  // MARK: steps

  private func drawSteps(_ status: StageStatus, on canvas: inout Canvas, in area: Rectangle) {
    let (steps, shown) = (stage.scenario.steps, shown(status))
    SelectedList(steps.count, selected: shown, at: .middle, in: area).draw(on: &canvas) { canvas, index, row in
      let (mark, style) = mark(of: index, status, canvas.glyphs)
      canvas.put(mark, row: row.row, column: row.column, style: style, within: row)
      let (number, words) = row.split(columns: 2).right.split(columns: steps[index].isRepeated ? 6 : 4)
      canvas.putRight("\(index + 1) ", in: number, style: .dim)
      canvas.putFitted(steps[index].words, in: words, style: [.accent, .live].contains(style) ? .normal : style)
    }
  }

  private func mark(of step: Int, _ status: StageStatus, _ glyphs: Glyphs) -> (String, Style) {
    let isNext = status.run.next == step && status.run.ending == nil
    if isNext { return status.work == .next || status.work == .toEnd ? (glyphs.live, .live) : (glyphs.right, .accent) }
    guard let outcome = status.outcome(of: step) else { return (" ", .normal) }
    return outcome.isMet ? (glyphs.check, .good) : (glyphs.failure, .danger)
  }

  /// How it ended, or what the last step came to; before the first one, what will be shown.
  private func news(_ status: StageStatus, _ glyphs: Glyphs) -> (text: String, style: Style) {
    if let trouble = status.trouble { return ("\(glyphs.failure) \(trouble)", .danger) }
    switch status.run.ending {
    case .played?: return ("\(glyphs.check) Played to its end: all as expected.", .good)
    case .failed(let why)?: return ("\(glyphs.failure) Not as expected: \(why)", .danger)
    case .cancelled?: return ("Given up. The devices stay where they are.", .warning)
    case nil: break
    }
    guard let last = status.run.outcomes.last else { return (stage.scenario.shows, .normal) }
    let action = stage.scenario.steps[last.step].action.words
    return ("\(glyphs.check) \(last.step + 1) \(action)\(time(of: last)): \(last.seen), \(took(last.duration))", .good)
  }

  /// Which time it was, for a step that is repeated.
  private func time(of outcome: ScenarioOutcome) -> String { outcome.round.map { ", time \($0)" } ?? "" }

  // MARK: the present step

  private func drawDetail(_ status: StageStatus, on canvas: inout Canvas, in area: Rectangle) {
    let index = shown(status)
    let step = stage.scenario.steps[index]
    let (sentence, facts) = area.split(rows: -3)
    let (_, lines) = sentence.split(rows: sentence.height - 2)
    canvas.putWrapped(step.words, in: lines, style: .title)
    let outcome = status.outcome(of: index)
    let who = stage.devices.count == 1 ? "" : "\(step.role.rawValue): "
    let isHead = if case .repeat = step.action { true } else { false }
    let rows: [(name: String, text: String, style: Style)] = [
      ("does", who + step.action.words, .normal),
      ("expected", isHead ? canvas.glyphs.none : "\(step.expected)", .normal),
      (
        "seen", outcome.map { "\($0.seen), \(took($0.duration))\(time(of: $0))" } ?? canvas.glyphs.none,
        outcome.map { $0.isMet ? .good : .danger } ?? .dim
      ),
    ]
    for (offset, row) in rows.enumerated() where offset < facts.height {
      canvas.put(row.name, row: facts.row + offset, column: facts.column, style: .dim, within: facts)
      let place = Rectangle(
        row: facts.row + offset, column: facts.column + 10, height: 1, width: facts.width - 10)
      canvas.putFitted(row.text, in: place, style: row.style)
    }
  }

  private func drawJournal(_ status: StageStatus, on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard area.height >= 3 else { return }
    let role = stage.scenario.steps[shown(status)].role
    let title = stage.devices.count == 1 ? "Journal" : "Journal of the \(role.rawValue)"
    let inside = canvas.box(area, title: title)
    JournalLines(store.journal(of: device(of: shown(status))), withLooks: false).draw(on: &canvas, in: inside)
  }
}

extension DeviceStatus {
  /// Why there is nothing to be seen of the device; nil when there is.
  fileprivate var unready: String? {
    switch phase {
    case .opening: "is being opened"
    case .failed(let why): "can't be opened: \(why)"
    case .withoutMigration: "does not migrate"
    case .closed: "is closed"
    case .open: lookFailure.map { "does not tell its state: \($0)" }
    }
  }
}
