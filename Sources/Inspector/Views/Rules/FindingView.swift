import Rulebook
import Terminal

/// One rule: what it says, what it rests on, who does what, and what was seen here.
struct FindingView: View {
  let reference: DeviceReference
  private let finding: Finding
  /// Lines scrolled down.
  private var scrolled = 0

  init(_ reference: DeviceReference, _ finding: Finding) {
    self.reference = reference
    self.finding = finding
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "\(finding.rule.id) on \(store.name(of: reference))" }

  func keys(_ store: Store) -> [KeyHint] {
    [KeyHint("j k", "scroll"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let page = max(1, store.body.height - 1)
    switch key {
    case .down, .character("j"), .wheelDown: scrolled += 1
    case .up, .character("k"), .wheelUp: scrolled -= 1
    case .pageDown: scrolled += page
    case .pageUp: scrolled -= page
    case .home, .character("g"): scrolled = 0
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    scrolled = min(max(0, scrolled), max(0, finding.evidence.count))
    return .stay
  }

  private var facts: [(String, String)] {
    let rule = finding.rule
    return [
      ("level", rule.levelWords),
      ("binds", rule.binds.rawValue),
      (rule.untestable == nil ? "checked" : "not checked", rule.untestable ?? rule.check),
    ] + rule.sources.map { ("rests on", $0.name) } + rule.observed.map { ("seen in", "\($0.who): \($0.what)") }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    var rest = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    func take(_ text: String, _ style: Style, indented columns: Int = 0) {
      let place = Rectangle(
        row: rest.row, column: rest.column + columns, height: rest.height, width: rest.width - columns)
      rest = rest.split(rows: max(1, canvas.putWrapped(text, in: place, style: style))).bottom
    }
    take(finding.rule.statement, .title)
    for (name, words) in facts where rest.height > 0 {
      canvas.put(name, row: rest.row, column: rest.column, style: .dim, within: rest)
      take(words, .normal, indented: 13)
    }
    guard rest.height > 1 else { return }
    rest = rest.split(rows: 1).bottom
    take("\(finding.verdict.rawValue): \(finding.words)", finding.verdict.style)
    for line in finding.evidence.dropFirst(scrolled).prefix(max(0, rest.height)) {
      canvas.putFitted("  " + line, in: rest, style: .dim)
      rest = rest.split(rows: 1).bottom
    }
  }
}
