import Migration
import Terminal

/// A question before something is done. Only `y` does it, and only while the device is still in the state in which it
/// was asked.
struct Confirm: View {
  private let reference: DeviceReference?
  private let question: String
  private let lines: [String]
  private let answer: Reaction
  private let from: State?

  /// A question about a device that is in the state `from`; nil when its state does not matter.
  init(_ reference: DeviceReference, title: String, lines: [String], command: Command, from: State? = nil) {
    self.init(reference, title: title, lines: lines, answer: .perform(reference, command), from: from)
  }

  /// A question about anything; `answer` is what yes leads to.
  init(
    _ reference: DeviceReference? = nil, title: String, lines: [String], answer: Reaction, from: State? = nil
  ) {
    self.reference = reference
    question = title
    self.lines = lines
    self.answer = answer
    self.from = from
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Confirm" }

  func keys(_ store: Store) -> [KeyHint] {
    isOver ? [KeyHint("Esc", "back")] : [KeyHint("y", "yes"), KeyHint("n Esc", "no")]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case _ where isOver: .pop
    case .character("y"), .character("Y"): confirm(store)
    case .character("n"), .character("N"), .character("q"), .escape: .pop
    default: .stay
    }
  }

  /// There is nothing to be given up any more.
  private var isOver: Bool { if case .giveUp(let flow) = answer { flow.status.ending != nil } else { false } }

  /// What was told of path and effects holds for one state alone.
  private func confirm(_ store: Store) -> Reaction {
    let now = reference.flatMap { store.status($0)?.observation?.state }
    if let from, from != now {
      store.message = "Nothing was done: the device is in \(now?.name ?? "an unknown state") now, not in \(from.name)."
      return .pop
    }
    return answer
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let lines = isOver ? ["It has ended meanwhile: nothing was given up."] : lines
    let width = min(area.width - 4, 64)
    let rows = lines.reduce(0) { $0 + SafeText.lines(of: $1, columns: width - 4, isASCII: canvas.glyphs.isASCII).count }
    let height = min(area.height, rows + 5)
    let frame = Rectangle(
      row: area.row + (area.height - height) / 2, column: area.column + (area.width - width) / 2, height: height,
      width: width)
    canvas.fill(frame)
    var inside = canvas.box(frame, title: question, style: .focusedBorder).split(rows: 1).bottom
    inside = Rectangle(row: inside.row, column: inside.column + 1, height: inside.height, width: inside.width - 2)
    for line in lines {
      let used = canvas.putWrapped(line, in: inside)
      inside = inside.split(rows: used).bottom
    }
    let answer = Rectangle(row: frame.endRow - 2, column: inside.column, height: 1, width: inside.width)
    canvas.putCentered(isOver ? "any key" : "y  yes      n  no", in: answer, style: .key)
  }
}
