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

  func title(_ store: Store) -> String { "Journal of \(store.name(of: reference))" }

  func keys(_ store: Store) -> [KeyHint] {
    [
      KeyHint("j k", "scroll"), KeyHint("l", withLooks ? "hide looks" : "show looks"), KeyHint("Esc", "back"),
      KeyHint("?", "help"), KeyHint("q", "quit"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .up, .character("k"), .wheelUp: scroll(1, store)
    case .down, .character("j"), .wheelDown: scroll(-1, store)
    case .pageUp: scroll(store.body.height - 1, store)
    case .pageDown: scroll(1 - store.body.height, store)
    case .home, .character("g"): scroll(lines(store).count, store)
    case .end, .character("G"): scrolled = 0
    case .character("l"):
      withLooks.toggle()
      scroll(0, store)
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    return .stay
  }

  private mutating func scroll(_ distance: Int, _ store: Store) {
    scrolled = min(max(0, scrolled + distance), max(0, lines(store).count - store.body.height))
  }

  private func lines(_ store: Store) -> JournalLines {
    JournalLines(store.journal(of: reference), withLooks: withLooks)
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let lines = lines(store)
    if lines.count == 0 { canvas.put("Nothing yet.", row: area.row + 1, column: area.column + 2, style: .dim) }
    // The screen may have grown since the last key.
    lines.draw(on: &canvas, in: area, below: min(scrolled, max(0, lines.count - area.height)))
  }
}
