import Rulebook
import Terminal

/// A fault of the user that was made, or is being made: what was done, what was expected, what was seen.
struct FaultView: View {
  let reference: DeviceReference
  /// Lines scrolled down.
  private var scrolled = 0

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String {
    let name = store.status(reference)?.fault.map { "Fault \($0.fault.name)" } ?? "Fault"
    return "\(name) on \(store.name(of: reference))"
  }

  func keys(_ store: Store) -> [KeyHint] {
    [
      KeyHint("j k", "scroll"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"),
      KeyHint("J", "journal"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let (room, count) = room(in: store.body, store)
    switch key {
    case .down, .character("j"), .wheelDown: scrolled += 1
    case .up, .character("k"), .wheelUp: scrolled -= 1
    case .pageDown: scrolled += max(1, room - 1)
    case .pageUp: scrolled -= max(1, room - 1)
    case .home, .character("g"): scrolled = 0
    case .end, .character("G"): scrolled = count
    case .character("J"): return .push(JournalView(reference))
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default: break
    }
    scrolled = min(max(0, scrolled), max(0, count - room))
    return .stay
  }

  /// How many lines can be seen, and how many there are.
  private func room(in area: Rectangle, _ store: Store) -> (Int, Int) {
    let lines = store.status(reference)?.fault.map { self.lines($0, columns: area.width - 2) } ?? []
    return (area.height - 2, lines.count)
  }

  private typealias Line = (name: String, words: SafeText, style: Style)

  /// Where the words begin.
  private static let column = 10

  private func lines(_ status: FaultStatus, columns: Int, isASCII: Bool = false) -> [Line] {
    func wrapped(_ name: String, _ words: String, _ style: Style = .normal) -> [Line] {
      SafeText.lines(of: words, columns: columns - Self.column, isASCII: isASCII).enumerated().map { offset, line in
        (offset == 0 ? name : "", line, style)
      }
    }
    var lines = wrapped("done", status.fault.what) + wrapped("expected", status.fault.expected) + wrapped("", " ")
    for finding in status.findings {
      lines += wrapped(finding.verdict.rawValue, "\(finding.rule.id): \(finding.words)", finding.verdict.style)
      guard finding.verdict != .pass else { continue }
      lines += wrapped("", "\(finding.rule.level.rawValue.uppercased()): \(finding.rule.statement)", .dim)
    }
    switch status.ending {
    case nil: lines += wrapped("", "Being done \(isASCII ? "..." : "…")", .warning)
    case .lost(let why): lines += wrapped("trouble", why, .danger)
    case .complete, .cancelled: break
    }
    if status.ending != nil { lines += wrapped("now", "\(status.finalState ?? "unknown"), read back", .title) }
    for finding in status.findings where !finding.evidence.isEmpty {
      lines += wrapped("", " ") + wrapped("accesses", "for \(finding.rule.id):", .dim)
      lines += finding.evidence.map { ("", SafeText($0, isASCII: isASCII), .dim) }
    }
    return lines
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    let inner = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
    let (top, below) = inner.split(rows: 1)
    StateLine(status, at: store.now).draw(on: &canvas, in: top)
    let list = below.split(rows: 1).bottom
    guard let fault = status.fault else {
      canvas.putFitted("It has not begun.", in: list, style: .dim)
      return
    }
    let lines = lines(fault, columns: inner.width, isASCII: canvas.glyphs.isASCII)
    for (offset, line) in lines.dropFirst(scrolled).prefix(list.height).enumerated() {
      let (name, words) = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
        .split(columns: Self.column)
      let isVerdict = Verdict(rawValue: line.name) != nil
      canvas.putFitted(line.name, in: name, style: isVerdict ? line.style : .dim)
      canvas.put(
        line.words.fitted(to: words.width, ellipsis: canvas.glyphs.ellipsis), row: words.row, column: words.column,
        style: line.style, within: words)
    }
  }
}
