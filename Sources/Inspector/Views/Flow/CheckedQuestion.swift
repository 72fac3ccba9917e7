import Terminal

/// A question that is put only when what it asks for can be done: that is looked at first. It may take a while; the
/// screen goes on meanwhile.
struct CheckedQuestion: View {
  /// What was found out so far.
  enum Finding: Equatable {
    /// Nothing yet; the words say how far it is.
    case looking(String)
    /// It can't be done.
    case refused(String)
    /// It may be asked.
    case good
  }

  private let reference: DeviceReference
  private let name: String
  private var question: Confirm
  private let finding: (Store) -> Finding
  private let close: (Store) -> Void

  /// `question` is about this device, and is put when `finding` says so; `close` is called at its end.
  init(
    _ reference: DeviceReference, name: String, _ question: Confirm, close: @escaping (Store) -> Void = { _ in },
    finding: @escaping (Store) -> Finding
  ) {
    (self.reference, self.name, self.question) = (reference, name, question)
    (self.finding, self.close) = (finding, close)
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { name }

  func keys(_ store: Store) -> [KeyHint] {
    finding(store) == .good ? question.keys(store) : [KeyHint("Esc", "back")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let reaction: Reaction
    if finding(store) == .good {
      reaction = question.handle(key, store)
    } else {
      reaction = [.escape, .enter, .character("n"), .character("q")].contains(key) ? .pop : .stay
    }
    if case .stay = reaction { return .stay }
    close(store)
    return reaction
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let (words, style): (String, Style)
    switch finding(store) {
    case .good: return question.draw(on: &canvas, in: area, store)
    case .looking(let progress): (words, style) = (progress, .live)
    case .refused(let why): (words, style) = ("\(canvas.glyphs.failure) Nothing was done: \(why)", .danger)
    }
    let columns = min(area.width - 4, 72) - 4
    let rows = SafeText.lines(of: words, columns: columns, isASCII: canvas.glyphs.isASCII).count
    canvas.putWrapped(words, in: canvas.overlay(name, rows: rows, in: area), style: style)
  }
}
