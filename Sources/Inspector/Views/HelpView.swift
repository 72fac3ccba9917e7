import Terminal

/// All keys, those of the view below first, and what the words and marks mean.
struct HelpView: View {
  private let hints: [KeyHint]
  /// Rows scrolled down, on a screen that is too small for all of them.
  private var scrolled = 0
  let device: DeviceReference?

  /// Help for a view with these keys, about this device.
  init(_ hints: [KeyHint], device: DeviceReference?) {
    self.hints = hints
    self.device = device
  }

  func title(_ store: Store) -> String { "Help" }

  func keys(_ store: Store) -> [KeyHint] {
    (rows.count > store.body.height ? [KeyHint("j k", "scroll")] : []) + [KeyHint("Esc", "back")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let rest = rows.count - store.body.height
    guard rest > 0 else { return .pop }
    switch key {
    case .down, .character("j"), .wheelDown: scrolled = min(rest, scrolled + 1)
    case .up, .character("k"), .wheelUp: scrolled = max(0, scrolled - 1)
    case .pageDown, .end: scrolled = rest
    case .pageUp, .home: scrolled = 0
    default: return .pop
    }
    return .stay
  }

  private static let words: [(String, String)] = [
    ("live", "just read; reading it changes nothing"),
    ("last seen", "read a while ago: reading has effects, or is not answered"),
    ("not defined", "the protocol gives it no meaning in this state"),
    ("allowed", "the document has this change"),
    ("optional", "the document is silent; a device may refuse it"),
    ("refused", "the document refuses it; you may try what the device says"),
    ("READ-ONLY", "nothing is changed until you arm the device (a)"),
    ("Ctrl-L Ctrl-Z", "draw again; stop the program for a while"),
  ]

  private typealias Row = [(name: String, what: String)]

  /// The keys in two columns, one after the other, then the words.
  private var rows: [Row] {
    let half = (hints.count + 1) / 2
    let keys = (0..<half).map { row in
      [row, row + half].filter(hints.indices.contains).map { (name: hints[$0].key, what: hints[$0].what) }
    }
    return keys + [[]] + Self.words.map { [(name: $0.0, what: $0.1)] }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    for (offset, row) in rows.dropFirst(scrolled).prefix(area.height).enumerated() {
      for (column, cell) in row.enumerated() {
        let start = area.column + 2 + column * (area.width / 2)
        canvas.put(cell.name, row: area.row + offset, column: start, style: .key, within: area)
        canvas.put(cell.what, row: area.row + offset, column: start + 16, within: area)
      }
    }
  }
}
