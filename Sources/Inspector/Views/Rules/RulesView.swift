import Rulebook
import Terminal

/// Which rules of the protocol a device keeps, as it is found out: a line a rule, and the evidence of the one that is
/// selected.
struct RulesView: View {
  let reference: DeviceReference
  private(set) var filter = RuleFilter()
  private var index = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Rules of \(store.name(of: reference))" }

  func keys(_ store: Store) -> [KeyHint] {
    let running = store.status(reference)?.rules?.isRunning == true
    return [
      KeyHint("j k", "move"), KeyHint("Enter", "explain"), KeyHint("v", "verdict"), KeyHint("l", "level"),
      KeyHint("t", "topic"), running ? KeyHint("x", "give up") : KeyHint("r", "check again"), KeyHint("Esc", "back"),
      KeyHint("?", "help"), KeyHint("q", "quit"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let findings = shown(store)
    index = min(index, max(0, findings.count - 1))
    switch key {
    case .character("v"): filter.nextVerdicts()
    case .character("l"): filter.nextLevel()
    case .character("t"): filter.nextTopic(of: all(store))
    case .enter, .character("e"):
      return findings.indices.contains(index) ? .push(FindingView(reference, findings[index])) : .stay
    case .character("r"): return store.refuseBusy(reference) ? .stay : .push(CheckMenu(reference))
    case .character("x"): store.giveUpChecks(reference)
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default:
      let page = max(1, layout(store.body).list.height - 1)
      if let motion = Motion(key) { index = motion.applied(to: index, count: findings.count, page: page) }
    }
    return .stay
  }

  private func all(_ store: Store) -> [Finding] { store.status(reference)?.rules?.report.findings ?? [] }

  private func shown(_ store: Store) -> [Finding] { all(store).filter(filter.lets) }

  // MARK: drawing

  private struct Layout {
    let state, count, list, pane: Rectangle
  }

  private func layout(_ area: Rectangle) -> Layout {
    let inner = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    let (state, below) = inner.split(rows: 1)
    let (count, rest) = below.split(rows: 2)
    let (list, pane) = Rectangle(row: rest.row, column: area.column, height: rest.height, width: area.width)
      .split(rows: -min(12, max(5, rest.height * 2 / 5)))
    return Layout(state: state, count: count, list: list, pane: pane)
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    let layout = layout(area)
    StateLine(status, at: store.now).draw(on: &canvas, in: layout.state)
    guard let rules = status.rules else {
      canvas.putFitted("The first check has not begun.", in: layout.count, style: .dim)
      return
    }
    drawCount(rules, on: &canvas, in: layout.count)
    let findings = shown(store)
    let selected = rules.isRunning && index == 0 ? findings.count - 1 : min(index, findings.count - 1)
    SelectedList(findings.count, selected: selected, in: layout.list).draw(on: &canvas, marking: !rules.isRunning) {
      FindingLine(findings[$1]).draw(on: &$0, in: $2)
    }
    if findings.isEmpty { canvas.putFitted(" No rule is like that.", in: layout.list, style: .dim) }
    guard findings.indices.contains(selected) else { return }
    drawPane(findings[selected], on: &canvas, in: layout.pane)
  }

  private func drawCount(_ rules: RulesStatus, on canvas: inout Canvas, in area: Rectangle) {
    let (top, below) = area.split(rows: 1)
    let done = rules.report.findings.count
    let head = rules.isRunning ? "Checking, \(done) of \(rules.count): " : ""
    canvas.putFitted(head + rules.report.summary, in: top, style: rules.report.count(.fail) > 0 ? .danger : .normal)
    let end = rules.report.trouble.map { "It ended early: \($0)." } ?? filter.words
    canvas.putFitted(end, in: below, style: rules.report.trouble == nil ? .dim : .warning)
  }

  private func drawPane(_ finding: Finding, on canvas: inout Canvas, in area: Rectangle) {
    var inside = canvas.box(area, title: finding.rule.id)
    for (text, style) in [(finding.rule.statement, Style.normal), (finding.words, finding.verdict.style)] {
      let used = canvas.putWrapped(text, in: inside, style: style)
      inside = inside.split(rows: used).bottom
    }
    for (offset, line) in finding.evidence.suffix(inside.height).enumerated() {
      canvas.putFitted(
        "  " + line, in: Rectangle(row: inside.row + offset, column: inside.column, height: 1, width: inside.width),
        style: .dim)
    }
  }
}
