import Migration
import Terminal

/// Two captures side by side, with the bytes that differ marked.
struct DiffView: View {
  private let paths: [String]
  private var aim: Aim
  private var entry: TextEntry?

  /// Compares these two files.
  init(_ first: String, _ second: String) {
    paths = [first, second]
    aim = Aim(list: .differences, place: .item(0))
  }

  var takesText: Bool { entry != nil }

  func title(_ store: Store) -> String { "Compare" }

  func keys(_ store: Store) -> [KeyHint] {
    if entry != nil { return TextEntry.keys }
    if captures(store).status.reports.isEmpty {
      return [KeyHint("r", "read again"), KeyHint("Esc", "back"), KeyHint("?", "help"), KeyHint("q", "quit")]
    }
    return [
      KeyHint("n N", "next difference, the one before"), KeyHint("j k", "scroll"), KeyHint(":", "offset"),
      KeyHint("?", "help"), KeyHint("q", "quit"), KeyHint("Esc", "back"), KeyHint("g G", "start, end"),
      KeyHint("r", "read again"),
    ]
  }

  private func captures(_ store: Store) -> CaptureHandle { store.captures[paths] }

  private func sight(_ store: Store) -> Sight? {
    var aim = aim
    let layout = layout(store.body, captures(store).status)
    (aim.hexRows, aim.columns) = (layout.rows.height, layout.columns)
    return captures(store).sight(aim)
  }

  private func layout(_ area: Rectangle, _ status: CaptureStatus) -> DiffLayout {
    DiffLayout(area, limit: status.limit, hasRecords: status.lists[.records] != nil)
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    if entry != nil {
      type(key, store)
      return .stay
    }
    switch key {
    case .character("n"): step(1, store)
    case .character("N"): step(-1, store)
    case .character(":"): entry = .offset
    case .character("r"), .function(5): captures(store).refresh()
    case .escape, .left, .backspace:
      store.captures.close(paths)
      return .pop
    case .character("q"): return .quit
    default: if let motion = Motion(key) { scroll(motion, store) }
    }
    return .stay
  }

  private mutating func step(_ direction: Int, _ store: Store) {
    guard let sight = sight(store) else { return }
    let list = captures(store).status.lists[.differences]
    let next =
      switch aim.place {
      case .item(let index): index + direction
      // The last one that begins at an offset or before it is the next one backwards.
      default: (sight.index ?? -1) + max(0, direction)
      }
    guard let count = list?.count, next >= 0, next < count else {
      store.message =
        list?.isWhole == true ? "No more differences there." : "Not found yet: the files are being compared."
      return
    }
    aim.place = .item(next)
  }

  private mutating func scroll(_ motion: Motion, _ store: Store) {
    guard let sight = sight(store) else { return }
    aim.place = .offset(motion.scrolled(sight, aim.place, count: captures(store).status.count))
  }

  private mutating func type(_ key: Key, _ store: Store) {
    guard let outcome = entry?.take(key) else { return }
    if case .typing = outcome { return }
    entry = nil
    guard case .done(let text) = outcome else { return }
    if let offset = byteCount(text) { aim.place = .offset(offset) } else { store.message = noOffset(text) }
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let sight = sight(store)
    let status = captures(store).status
    if let failure = status.failure, status.reports.isEmpty {
      canvas.putWrapped(failure, in: area.inset(), style: .danger)
      return
    }
    let layout = layout(area, status)
    drawHead(status, on: &canvas, in: layout.head)
    if let sight { drawBytes(sight, layout, on: &canvas) }
    let records = sight?.records.compactMap { $0 } ?? []
    if records.count == 2 { RecordFields(records).draw(on: &canvas, in: layout.fields) }
    let foot = area.split(rows: -1).bottom
    if let failure = status.failure { canvas.putFitted(failure, in: foot, style: .danger) }
    entry?.draw(on: &canvas, in: foot)
  }

  private func drawHead(_ status: CaptureStatus, on canvas: inout Canvas, in area: Rectangle) {
    for (row, report) in status.reports.enumerated() {
      let place = Rectangle(row: area.row + row, column: area.column + 1, height: 1, width: area.width - 2)
      let (left, right) = place.split(columns: -30)
      canvas.putFitted("\(row + 1)  \(report.path)", in: left)
      let (text, style) = status.summary(of: report)
      canvas.putRight(text, in: right, style: style)
    }
    let line = Rectangle(row: area.row + 2, column: area.column + 1, height: 1, width: area.width - 2)
    canvas.putFitted(result(status), in: line, style: .title)
  }

  private func result(_ status: CaptureStatus) -> String {
    guard status.isWalked, let (count, isWhole) = status.lists[.differences] else {
      return status.progress
    }
    let counts = status.reports.map(\.summary.bytes)
    let lengths = Set(counts).count > 1 ? "; the shorter one ends at \(offsetText(counts.min() ?? 0))" : ""
    let place = if case .item(let index) = aim.place, count > 0 { "difference \(index + 1) of " } else { "" }
    if count == 0 && isWhole { return (lengths.isEmpty ? "The data are equal" : "No byte differs") + lengths + "." }
    return "\(place)\(counted(count, place.isEmpty ? "difference" : "place"))\(isWhole ? "" : " so far")\(lengths)"
  }

  private func drawBytes(_ sight: Sight, _ layout: DiffLayout, on canvas: inout Canvas) {
    let longest = sight.bytes.map(\.count).max() ?? 0
    layout.offsets.draw(on: &canvas, in: layout.rows, from: sight.line, columns: layout.columns, bytes: longest)
    let marks = sight.differing
    for (pane, bytes) in zip(layout.panes, sight.bytes) {
      HexPane(bytes: bytes, start: sight.line, columns: sight.aim.columns) { offset in
        marks.contains(offset) ? .danger : RecordFields.style(of: offset, in: sight.records.first ?? nil)
      }.draw(on: &canvas, in: pane)
    }
    for offset in marks {
      let row = layout.rows.row + Int(offset - sight.line) / layout.columns
      canvas.put("!", row: row, column: layout.panes[1].column - 2, style: .danger, within: layout.rows)
    }
  }
}
