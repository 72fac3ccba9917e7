import Terminal

/// Asks for the path of a file, and opens a view of it.
struct FilePrompt: View {
  private var entry: TextEntry
  private let open: (String) -> any View

  init(_ prompt: String, open: @escaping (String) -> any View) {
    entry = TextEntry(prompt)
    self.open = open
  }

  /// Asks for a capture to look into.
  static var capture: FilePrompt { FilePrompt("Open file:") { DataView($0) } }

  var isOverlay: Bool { true }
  var takesText: Bool { true }

  func title(_ store: Store) -> String { "Open" }

  func keys(_ store: Store) -> [KeyHint] { TextEntry.keys }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch entry.take(key) {
    case .typing: .stay
    case .done(let path): .replace(open(path))
    case .cancelled: .pop
    }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    entry.draw(on: &canvas, in: area.split(rows: -1).bottom)
  }
}
