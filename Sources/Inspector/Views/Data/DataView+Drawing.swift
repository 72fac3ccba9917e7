import Migration
import Terminal

extension DataView {
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let sight = sight(store)
    let status = capture(store).status
    let layout = layout(area, status)
    if let head = head(area, status) {
      head.draw(on: &canvas, in: layout.head)
      drawList(sight, status, layout, on: &canvas)
      drawBytes(sight, status, layout, on: &canvas)
    }
    if let failure = status.failure {
      let place = status.reports.isEmpty ? area.inset() : area.split(rows: -1).bottom
      canvas.fill(place)
      canvas.putWrapped(failure, in: place, style: .danger)
    }
    if let entry { entry.text.draw(on: &canvas, in: area.split(rows: -1).bottom) }
  }

  // MARK: the list

  private func drawList(_ sight: Sight?, _ status: CaptureStatus, _ layout: DataLayout, on canvas: inout Canvas) {
    canvas.box(layout.listFrame, title: listTitle(sight, status), style: isInBytes ? .border : .focusedBorder)
    guard let sight else { return }
    for (offset, row) in sight.rows.prefix(layout.list.height).enumerated() {
      let place = Rectangle(
        row: layout.list.row + offset, column: layout.list.column, height: 1, width: layout.list.width)
      canvas.putFitted(row.text(sight.firstRow + offset, layout.offsets), in: place, style: row.style)
      if sight.firstRow + offset == sight.index { canvas.select(place) }
    }
  }

  private func listTitle(_ sight: Sight?, _ status: CaptureStatus) -> String {
    let name = aim.list == .records ? "record" : "chunk"
    guard let (count, isWhole) = status.lists[aim.list] else { return "" }
    return counted(count, name) + (isWhole ? "" : " so far")
  }

  // MARK: the bytes

  private func drawBytes(_ sight: Sight?, _ status: CaptureStatus, _ layout: DataLayout, on canvas: inout Canvas) {
    canvas.box(
      layout.hexFrame, title: bytesTitle(sight, status, layout), style: isInBytes ? .focusedBorder : .border)
    guard let sight, let bytes = sight.bytes.first else { return }
    if status.count == 0 && status.isWalked {
      canvas.putFitted("There are no bytes in it.", in: layout.hex, style: .dim)
    }
    let columns = sight.aim.columns
    let (offsets, digits) = layout.hex.split(columns: layout.offsets.width + 1)
    layout.offsets.draw(on: &canvas, in: offsets, from: sight.line, columns: columns, bytes: bytes.count)
    let record = sight.records.first ?? nil
    HexPane(bytes: bytes, start: sight.line, columns: columns) { style(of: $0, sight, record) }
      .draw(on: &canvas, in: digits)
    if let record { RecordFields([record]).draw(on: &canvas, in: layout.fields) }
  }

  private func bytesTitle(_ sight: Sight?, _ status: CaptureStatus, _ layout: DataLayout) -> String {
    if let searched = status.searched { return "searching at \(layout.offsets.text(searched))" }
    if status.isRefreshing && status.isWalked { return "reading again" }
    guard let sight, !sight.selected.isEmpty else { return "bytes" }
    if sight.isMissing { return "not found behind \(layout.offsets.text(sight.offset))" }
    return "byte \(layout.offsets.text(sight.offset)) of \(layout.offsets.text(status.count))"
  }

  /// The bytes of a field look as its name below. What is not of the chosen chunk or record steps back; a byte that was
  /// gone to, and bytes that were found, are marked.
  private func style(of offset: UInt64, _ sight: Sight, _ record: StreamRecord?) -> Style {
    var style = RecordFields.style(of: offset, in: record)
    let isMeant = sight.selected.contains(offset)
    if case .item = sight.aim.place { return isMeant ? style : .dim }
    style.isSelected = isMeant && !sight.isMissing
    return style
  }
}

extension Sight.Row {
  /// The row as text: its number, where it begins, how long it is, what it is.
  func text(_ number: Int, _ offsets: OffsetColumn) -> String {
    switch self {
    case .chunk(let chunk, let phase):
      "\(padded(String(number), 4)) \(offsets.text(range.lowerBound)) \(padded(String(chunk.count), 7))  \(phase ?? "plain")"
    case .record(let record):
      "\(padded(String(number), 4)) \(offsets.text(range.lowerBound)) \(record.listName)"
    case .difference:
      "\(padded(String(number), 4)) \(offsets.text(range.lowerBound)) \(counted(range.upperBound - range.lowerBound, "byte"))"
    }
  }

  var style: Style {
    if case .record(let record) = self, record.note != nil { .warning } else { .normal }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

extension StreamRecord {
  fileprivate var listName: String {
    String(repeating: "  ", count: depth) + (note == nil ? "" : "! ") + heading
  }
}
