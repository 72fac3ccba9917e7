import Migration
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
    let isRunning = store.status(reference)?.fault?.isRunning == true
    return [KeyHint("j k", "scroll")] + (isRunning ? [KeyHint("x", "give up")] : []) + [
      KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"), KeyHint("J", "journal"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let (room, count) = room(in: store.body, store)
    switch key {
    case .character("x"): store.giveUpChecks(reference)
    case .character("J"): return .push(JournalView(reference))
    case .escape, .left, .backspace: return .pop
    case .character("q"): return .quit
    default:
      // It goes no further than to a full screen.
      let places = max(1, count - room + 1)
      if let motion = Motion(key) { scrolled = motion.applied(to: scrolled, count: places, page: max(1, room - 1)) }
    }
    return .stay
  }

  /// How many lines can be seen, and how many there are.
  private func room(in area: Rectangle, _ store: Store) -> (Int, Int) {
    let lines = store.status(reference)?.fault.map { self.lines($0, store, columns: area.width - 2) } ?? []
    return (area.height - 2, lines.count)
  }

  private typealias Line = (name: String, words: SafeText, style: Style)

  /// Where the words begin.
  private static let column = 10

  private func lines(_ status: FaultStatus, _ store: Store, columns: Int, isASCII: Bool = false) -> [Line] {
    func wrapped(_ name: String, _ words: String, _ style: Style = .normal) -> [Line] {
      SafeText.lines(of: words, columns: columns - Self.column, isASCII: isASCII).enumerated().map { offset, line in
        (offset == 0 ? name : "", line, style)
      }
    }
    var lines = wrapped("done", status.fault.what) + wrapped("expected", status.fault.expected) + wrapped("", " ")
    for finding in status.findings {
      lines += wrapped(finding.verdict.rawValue, "\(finding.rule.id): \(finding.words)", finding.verdict.style)
      guard finding.verdict != .pass else { continue }
      lines += wrapped("", "\(finding.rule.levelWords): \(finding.rule.statement)", .dim)
    }
    switch status.ending {
    case nil:
      lines += wrapped("", "\(status.isCancelled ? "Giving up" : "Being done") \(isASCII ? "..." : "…")", .warning)
      if let silence = silence(status, store) { lines += wrapped("", silence, .warning) }
    case .lost(let why): lines += wrapped("trouble", why, .danger)
    case .cancelled: lines += wrapped("", "Given up before the end.", .warning)
    case .complete: break
    }
    if status.ending != nil { lines += wrapped("now", "\(status.finalState ?? "unknown"), read back", .title) }
    for finding in status.findings where !finding.evidence.isEmpty {
      lines += wrapped("", " ") + wrapped("accesses", "for \(finding.rule.id):", .dim)
      lines += finding.evidence.map { ("", SafeText($0, isASCII: isASCII), .dim) }
    }
    return lines
  }

  /// What has not been answered for long; nil when nothing has.
  private func silence(_ fault: FaultStatus, _ store: Store) -> String? {
    guard let open = store.journal(of: reference)?.open, open.start.duration(to: store.now) > .seconds(2) else {
      return nil
    }
    let silent = seconds(open.start.duration(to: store.now))
    let faults = (store.faults(of: reference) ?? []).joined(separator: ", ")
    let way = faults.isEmpty ? "" : " The device has faults on (\(faults)): Esc, then x, switches them off."
    // Asked once, it can only be waited for.
    let end = fault.isCancelled ? "q leaves" : "x asks it to end, q leaves"
    return "No answer for \(silent) to \(open.operation). \(end) the program all the same.\(way)"
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
    let lines = lines(fault, store, columns: inner.width, isASCII: canvas.glyphs.isASCII)
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
