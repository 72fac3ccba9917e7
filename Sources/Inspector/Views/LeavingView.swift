import Terminal

/// What is still being given up while the program is to end.
struct LeavingView: View {
  private let leaving: Leaving

  init(_ leaving: Leaving) {
    self.leaving = leaving
  }

  var isOverlay: Bool { true }

  func title(_ store: Store) -> String { "Ending" }

  func keys(_ store: Store) -> [KeyHint] { [KeyHint("q Ctrl-C", "leave at once")] }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction { key == .character("q") ? .quit : .stay }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let way = "q or Ctrl-C leaves at once, with the devices as they are then."
    let lines = leaving.left.map { "\($0.name): giving up …" } + [way]
    let columns = min(area.width - 4, 72) - 4
    let rows = lines.map { SafeText.lines(of: $0, columns: columns, isASCII: canvas.glyphs.isASCII).count }
    var rest = canvas.overlay("Ending", rows: rows.reduce(0, +), in: area)
    for (index, line) in lines.enumerated() {
      let used = canvas.putWrapped(line, in: rest, style: index == lines.count - 1 ? .dim : .warning)
      rest = rest.split(rows: used).bottom
    }
  }
}
