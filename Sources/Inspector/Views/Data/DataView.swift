import Migration
import Terminal

/// A capture: what it is, its chunks or records, and its bytes.
struct DataView: View {
  private let path: String
  private(set) var aim = Aim()
  /// Whether the keys move over the bytes, not over the list.
  private(set) var isInBytes = false
  private(set) var entry: (kind: EntryKind, text: TextEntry)?
  /// The bytes that `n` looks for.
  private var pattern: [UInt8] = []

  enum EntryKind { case offset, bytes }

  /// Looks into this file.
  init(_ path: String) {
    self.path = path
  }

  var takesText: Bool { entry != nil }

  func title(_ store: Store) -> String { path }

  func keys(_ store: Store) -> [KeyHint] {
    if entry != nil { return TextEntry.keys }
    if capture(store).status.reports.isEmpty {
      return [KeyHint("r", "read again"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit")]
    }
    return [
      KeyHint("j k", "move"), KeyHint("Tab", "other list, bytes"), KeyHint(":", "offset"), KeyHint("/", "find"),
      KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit"), KeyHint("n", "find next"),
      KeyHint("d", "compare"), KeyHint("r", "read again"), KeyHint("g G", "start, end"),
      KeyHint("Enter", "into the bytes"),
    ]
  }

  func capture(_ store: Store) -> CaptureHandle { store.captures[[path]] }

  /// What is seen, when the screen is as large as it is now.
  func sight(_ store: Store) -> Sight? { capture(store).sight(fitted(store)) }

  /// The aim for the room there is.
  private func fitted(_ store: Store) -> Aim {
    var aim = aim
    let layout = layout(store.body, capture(store).status)
    (aim.listRows, aim.hexRows, aim.columns) = (layout.list.height, layout.hex.height, layout.columns)
    return aim
  }

  func layout(_ area: Rectangle, _ status: CaptureStatus) -> DataLayout {
    DataLayout(
      area, headHeight: head(area, status)?.height ?? 0, limit: status.limit,
      hasRecords: status.lists[.records] != nil)
  }

  func head(_ area: Rectangle, _ status: CaptureStatus) -> DataHead? {
    status.reports.first.map { DataHead($0, status, screenHeight: area.height) }
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    if entry != nil {
      type(key, store)
      return .stay
    }
    switch key {
    case .tab: turn(1, store)
    case .backTab: turn(-1, store)
    case .enter where !isInBytes: isInBytes = true
    case .character(":"): entry = (.offset, .offset)
    case .character("/"): entry = (.bytes, TextEntry("Find text, or bytes as 0x4c5a:"))
    case .character("n"): findNext(store)
    case .character("d"): return .push(FilePrompt("Compare with file:") { [path] in DiffView(path, $0) })
    case .character("r"), .function(5): capture(store).refresh()
    case .escape where capture(store).status.searched != nil: stopSearch(store)
    case .escape, .left, .backspace:
      store.captures.close([path])
      return .pop
    case .click(let row, let column): click(row, column, store)
    case .character("q"): return .quit
    default: if let motion = Motion(key) { isInBytes ? scroll(motion, store) : move(motion, store) }
    }
    return .stay
  }

  // MARK: moving

  /// The list after this one, and after the last one the bytes.
  private mutating func turn(_ direction: Int, _ store: Store) {
    let hasRecords = capture(store).status.lists[.records] != nil
    let stops: [(Aim.List, Bool)] = [(.chunks, false)] + (hasRecords ? [(.records, false)] : []) + [(aim.list, true)]
    let now = stops.firstIndex { $0.1 == isInBytes && $0.0 == aim.list } ?? 0
    let next = stops[(now + direction + stops.count) % stops.count]
    // A number in one list is none in the other.
    if let sight = sight(store), next.0 != aim.list { aim.place = .offset(sight.offset) }
    (aim.list, isInBytes) = next
  }

  private mutating func move(_ motion: Motion, _ store: Store) {
    guard let sight = sight(store) else { return }
    let count = capture(store).status.lists[aim.list]?.count ?? 0
    let now = if case .item(let index) = aim.place { index } else { sight.index ?? 0 }
    aim.place = .item(motion.applied(to: now, count: count, page: max(1, sight.aim.listRows - 1)))
  }

  private mutating func click(_ row: Int, _ column: Int, _ store: Store) {
    let list = layout(store.body, capture(store).status).list
    guard let sight = sight(store), list.contains(row: row, column: column) else { return }
    guard sight.rows.indices.contains(row - list.row) else { return }
    (aim.place, isInBytes) = (.item(sight.firstRow + row - list.row), false)
  }

  private mutating func scroll(_ motion: Motion, _ store: Store) {
    guard let sight = sight(store) else { return }
    aim.place = .offset(motion.scrolled(sight, aim.place, count: capture(store).status.count))
  }

  // MARK: text

  private mutating func type(_ key: Key, _ store: Store) {
    guard let kind = entry?.kind, let outcome = entry?.text.take(key) else { return }
    switch outcome {
    case .typing: return
    case .cancelled: break
    case .done(let text): kind == .offset ? go(to: text, store) : find(text, store)
    }
    entry = nil
  }

  private mutating func go(to text: String, _ store: Store) {
    guard let offset = byteCount(text) else {
      store.message = noOffset(text)
      return
    }
    aim.place = .offset(offset)
  }

  private mutating func find(_ text: String, _ store: Store) {
    guard let bytes = bytePattern(text) else {
      store.message = "No bytes: \(text). Write two hexadecimal digits for each after 0x."
      return
    }
    pattern = bytes
    look(from: sight(store)?.offset ?? 0)
  }

  private mutating func findNext(_ store: Store) {
    guard !pattern.isEmpty else {
      store.message = "Nothing to find yet: / asks for it."
      return
    }
    // Where the last one was found, or where the search for it began.
    guard let sight = sight(store), capture(store).status.searched == nil else { return }
    look(from: sight.offset + 1)
  }

  private mutating func stopSearch(_ store: Store) { aim.place = .offset(sight(store)?.offset ?? 0) }

  private mutating func look(from offset: UInt64) { aim.place = .match(pattern, from: offset) }
}
