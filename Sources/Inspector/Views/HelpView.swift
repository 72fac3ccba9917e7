import Terminal

/// All keys, those of the view below first, and what the words and marks mean.
struct HelpView: View {
  private let hints: [KeyHint]
  let device: DeviceReference?

  /// Help for a view with these keys, about this device.
  init(_ hints: [KeyHint], device: DeviceReference?) {
    self.hints = hints
    self.device = device
  }

  func title(_ store: Store) -> String { "Help" }

  func keys(_ store: Store) -> [KeyHint] { [KeyHint("Esc", "back")] }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction { .pop }

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

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let rows = hints.map { ($0.key, $0.what) } + [("", "")] + Self.words
    for (offset, (name, what)) in rows.prefix(area.height).enumerated() {
      canvas.put(name, row: area.row + offset, column: area.column + 2, style: .key, within: area)
      canvas.put(what, row: area.row + offset, column: area.column + 18, within: area)
    }
  }
}
