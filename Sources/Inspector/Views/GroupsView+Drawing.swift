import Terminal

extension GroupsView {
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let rows = rows(store)
    let layout = layout(in: area, rows)
    if layout.filter.height > 0 { drawFilter(on: &canvas, in: layout.filter) }
    if rows.isEmpty {
      drawEmptiness(on: &canvas, in: layout.list.inset(), store.listing)
    } else {
      draw(rows, layout, on: &canvas)
    }
    guard layout.details.height > 2 else { return }
    let inside = canvas.box(layout.details, title: "Details")
    if !rows.isEmpty { drawDetails(of: rows[index(in: rows)], on: &canvas, in: inside, store) }
  }

  private func draw(_ rows: [GroupsRow], _ layout: Layout, on canvas: inout Canvas) {
    let (list, index) = (layout.list, index(in: rows))
    for (offset, row) in rows.dropFirst(layout.first).prefix(list.height).enumerated() {
      let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
      draw(row, on: &canvas, in: place)
      if layout.first + offset == index { canvas.select(place) }
    }
  }

  private func drawFilter(on canvas: inout Canvas, in line: Rectangle) {
    let end = canvas.put("/\(filter)", row: line.row, column: line.column + 1, style: .key, within: line)
    if isTyping { canvas.cursor = Canvas.Cursor(row: line.row, column: min(end, line.endColumn - 1)) }
  }

  private func drawEmptiness(on canvas: inout Canvas, in area: Rectangle, _ listing: Listing) {
    let lines = filter.isEmpty ? ["No devices here."] + listing.advice : ["No device matches; Esc clears the filter."]
    _ = canvas.putWrapped(lines.joined(separator: " "), in: area, style: .dim)
  }

  private func draw(_ row: GroupsRow, on canvas: inout Canvas, in place: Rectangle) {
    guard let device = row.device else {
      if let group = row.group { draw(group, on: &canvas, in: place) }
      return
    }
    let tree = row.group == nil ? "" : row.isLast ? canvas.glyphs.lastBranch : canvas.glyphs.branch
    let start = place.column + 2
    var column = canvas.put(
      tree + (tree.isEmpty ? "" : " "), row: place.row, column: start, style: .border, within: place)
    column = canvas.put(device.address, row: place.row, column: column, within: place)
    column = max(column + 2, start + 18)
    let driver = device.driver ?? "no driver"
    column = canvas.put(driver, row: place.row, column: column, style: device.isVFIO ? .good : .dim, within: place)
    column = max(column + 2, start + 34)
    let rest = Rectangle(row: place.row, column: column, height: 1, width: place.endColumn - column)
    canvas.putFitted(device.summary, in: rest, style: .dim)
  }

  private func draw(_ group: ListedGroup, on canvas: inout Canvas, in place: Rectangle) {
    var column = canvas.put(
      "\(canvas.glyphs.open) group \(group.number)", row: place.row, column: place.column + 1, style: .title,
      within: place)
    let facts = [group.type, group.name, group.node].compactMap { $0 }.joined(separator: "  ")
    column = canvas.put(facts, row: place.row, column: max(column + 2, place.column + 14), style: .dim, within: place)
    let sign = group.isViable ? canvas.glyphs.check : canvas.glyphs.failure
    let style: Style = group.verdict == "ready" ? .good : group.isViable ? .normal : .warning
    canvas.put(
      "\(sign) \(group.verdict)", row: place.row, column: max(column + 2, place.column + 38), style: style,
      within: place)
  }

  private func drawDetails(of row: GroupsRow, on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    var lines: [(String, String)] = []
    if let device = row.device {
      lines.append((device.address, device.summary))
      lines.append(("driver", (device.driver ?? "none") + (device.isVFIO ? "" : ", not VFIO's: it can't be opened")))
      if let details = store.details(of: device) { lines += words(details) }
      if let node = device.node { lines.append(("node", node)) }
      if let parent = device.physicalFunction { lines.append(("function of", parent)) }
      if !device.virtualFunctions.isEmpty {
        lines.append(("functions", device.virtualFunctions.joined(separator: " ")))
      }
    }
    if let group = row.group {
      lines.append(
        ("group \(group.number)", [group.explanation, group.node].compactMap { $0 }.joined(separator: ", ")))
    }
    lines += store.listing.notices.map { ("notice", $0) }
    for (offset, (name, value)) in lines.prefix(area.height).enumerated() {
      canvas.put(name, row: area.row + offset, column: area.column + 1, style: .dim, within: area)
      let place = Rectangle(row: area.row + offset, column: area.column + 15, height: 1, width: area.width - 16)
      canvas.putFitted(value, in: place)
    }
  }

  private func words(_ details: ListedDevice.Details) -> [(String, String)] {
    let resets = details.resetMethods.map { $0.isEmpty ? "none: it can't be reset" : $0.joined(separator: " ") }
    return [
      ("resets", resets), ("only for", details.driverOverride), ("NUMA node", details.numaNode.map(String.init)),
    ].compactMap { name, value in value.map { (name, $0) } }
  }
}
