import VFIO
import Migration
import Terminal

/// Everything that was done to a device, one line each, newest last.
struct JournalView: View {
  private let reference: DeviceReference
  private var withLooks = false
  /// Lines scrolled up from the end.
  private var scrolled = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Journal of \(store.listed(reference)?.address ?? reference.description)" }

  func keys(_ store: Store) -> [KeyHint] {
    [
      KeyHint("j k", "scroll"), KeyHint("l", withLooks ? "hide looks" : "show looks"), KeyHint("Esc", "back"),
      KeyHint("?", "help"), KeyHint("q", "quit"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .up, .character("k"), .wheelUp: scrolled += 1
    case .down, .character("j"), .wheelDown: scrolled = max(0, scrolled - 1)
    case .pageUp: scrolled += 10
    case .pageDown: scrolled = max(0, scrolled - 10)
    case .home: scrolled = .max / 2
    case .end: scrolled = 0
    case .character("l"): withLooks.toggle()
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    return .stay
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let lines = Self.lines(of: store.handle(reference).journal, withLooks: withLooks)
    if lines.isEmpty { canvas.put("Nothing yet.", row: area.row + 1, column: area.column + 2, style: .dim) }
    let end = lines.count - min(scrolled, max(0, lines.count - area.height))
    for (offset, line) in lines[max(0, end - area.height)..<end].enumerated() {
      let place = Rectangle(row: area.row + offset, column: area.column, height: 1, width: area.width)
      canvas.putFitted(line.text, in: place, style: line.style)
    }
  }

  /// A journal's entries as lines. Accesses made only to look are many and say little; they can be left out.
  static func lines(of journal: Journal, withLooks: Bool) -> [(text: String, style: Style)] {
    journal.entries(withLooks: withLooks).map { numbered in
      switch numbered.entry {
      case .access(let access, _): ("  " + access.line(since: journal.start), access.failure == nil ? .dim : .warning)
      case .step(let step): (step.line, step.isDone ? .good : .warning)
      }
    }
  }
}
