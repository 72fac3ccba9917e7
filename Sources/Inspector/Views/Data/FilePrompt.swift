import Terminal

/// Asks for the path of a file, and opens a view of it.
struct FilePrompt: View {
  private var entry: TextEntry
  private let refusal: (String) -> String?
  private let open: (String) -> any View

  /// `refusal` says why a path can't be used, when it can't: then another one can be typed.
  init(
    _ prompt: String, refusal: @escaping (String) -> String? = { _ in nil }, open: @escaping (String) -> any View
  ) {
    entry = TextEntry(prompt)
    self.refusal = refusal
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
    case .typing: return .stay
    case .cancelled: return .pop
    case .done(let path):
      guard let why = refusal(path) else { return .replace(open(path)) }
      store.message = why
      return .stay
    }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    entry.draw(on: &canvas, in: area.split(rows: -1).bottom)
  }
}
