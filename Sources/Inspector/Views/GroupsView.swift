import Terminal

/// The groups and their devices as a tree, with a filter, and what is known of the selected row below.
struct GroupsView: View {
  private var selected: Row.ID?
  private var filter = ""
  private var isTyping = false

  func title(_ store: Store) -> String {
    let count = store.listing.devices.count
    return "\(store.listing.groups.count) IOMMU groups, \(count) device\(count == 1 ? "" : "s")"
  }

  func keys(_ store: Store) -> [KeyHint] {
    if isTyping { return [KeyHint("Enter", "keep"), KeyHint("Esc", "clear")] }
    return [
      KeyHint("j k", "move"), KeyHint("Enter", "open"), KeyHint("/", "filter"), KeyHint("r", "scan again"),
      KeyHint("?", "help"),
      KeyHint("q", "quit"),
    ]
  }

  // MARK: keys

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    if isTyping { return type(key) }
    let rows = rows(store.listing)
    switch key {
    case .up, .character("k"): move(-1, rows)
    case .down, .character("j"): move(1, rows)
    case .pageUp: move(-10, rows)
    case .pageDown: move(10, rows)
    case .home, .character("g"): move(-rows.count, rows)
    case .end, .character("G"): move(rows.count, rows)
    case .wheelUp: move(-3, rows)
    case .wheelDown: move(3, rows)
    case .character("/"): isTyping = true
    case .character("r"), .function(5): store.rescan()
    case .escape: filter = ""
    case .enter, .right: return open(rows, store)
    case .character("q"): return .quit
    default: break
    }
    return .stay
  }

  private mutating func type(_ key: Key) -> Reaction {
    switch key {
    case .escape: (filter, isTyping) = ("", false)
    case .enter: isTyping = false
    case .backspace: _ = filter.popLast()
    case .character(let character): filter.append(character)
    default: break
    }
    return .stay
  }

  private mutating func move(_ distance: Int, _ rows: [Row]) {
    guard !rows.isEmpty else { return }
    selected = rows[min(max(0, index(in: rows) + distance), rows.count - 1)].id
  }

  /// The selected row stays selected by what it is, not by where it is.
  private func index(in rows: [Row]) -> Int {
    rows.firstIndex { $0.id == selected } ?? rows.firstIndex { $0.device?.isVFIO == true } ?? 0
  }

  private func open(_ rows: [Row], _ store: Store) -> Reaction {
    guard let device = rows.isEmpty ? nil : rows[index(in: rows)].device else { return .stay }
    guard device.isVFIO else {
      let driver = device.driver.map { "bound to \($0), not to a VFIO driver" } ?? "bound to no driver"
      store.message = "Can't open: \(device.address) is \(driver)."
      return .stay
    }
    _ = store.handle(device.reference)
    return .push(DeviceView(device.reference))
  }

  // MARK: rows

  /// One line of the tree.
  private struct Row {
    enum ID: Hashable {
      case group(Int)
      case device(String)
    }

    let id: ID
    let group: ListedGroup?
    let device: ListedDevice?
    let isLast: Bool
  }

  private func rows(_ listing: Listing) -> [Row] {
    var rows: [Row] = []
    for group in listing.groups {
      let devices = group.devices.filter { matches($0, group) }
      guard !devices.isEmpty || (filter.isEmpty && group.devices.isEmpty) else { continue }
      rows.append(Row(id: .group(group.number), group: group, device: nil, isLast: false))
      rows += children(devices, of: group)
    }
    return rows + children(listing.ungrouped.filter { matches($0, nil) }, of: nil)
  }

  private func children(_ devices: [ListedDevice], of group: ListedGroup?) -> [Row] {
    devices.enumerated().map { index, device in
      Row(id: .device(device.address), group: group, device: device, isLast: index == devices.count - 1)
    }
  }

  /// Fixed strings in any case; `|` between them means or.
  private func matches(_ device: ListedDevice, _ group: ListedGroup?) -> Bool {
    let terms = filter.lowercased().split(separator: "|")
    guard !terms.isEmpty else { return true }
    let text = [
      group.map { "group \($0.number) \($0.type ?? "") \($0.verdict)" }, device.address, device.driver, device.summary,
    ].compactMap { $0 }.joined(separator: " ").lowercased()
    return terms.contains { text.contains($0) }
  }

  // MARK: drawing

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let rows = rows(store.listing)
    let (upper, detail) = area.split(rows: area.height >= 14 ? -7 : area.height)
    let (line, list) = upper.split(rows: isTyping || !filter.isEmpty ? 1 : 0)
    if line.height > 0 { drawFilter(on: &canvas, in: line) }
    if rows.isEmpty {
      drawEmptiness(on: &canvas, in: list.inset(), store.listing)
    } else {
      let index = index(in: rows)
      let first = min(max(0, index - list.height / 2), max(0, rows.count - list.height))
      for (offset, row) in rows[first..<min(rows.count, first + list.height)].enumerated() {
        let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
        draw(row, on: &canvas, in: place)
        if first + offset == index { canvas.select(place) }
      }
    }
    guard detail.height > 2 else { return }
    let inside = canvas.box(detail, title: "Details")
    if !rows.isEmpty { drawDetails(of: rows[index(in: rows)], on: &canvas, in: inside, store) }
  }

  private func drawFilter(on canvas: inout Canvas, in line: Rectangle) {
    let end = canvas.put("/\(filter)", row: line.row, column: line.column + 1, style: .key, within: line)
    if isTyping { canvas.cursor = Canvas.Cursor(row: line.row, column: min(end, line.endColumn - 1)) }
  }

  private func drawEmptiness(on canvas: inout Canvas, in area: Rectangle, _ listing: Listing) {
    let lines = filter.isEmpty ? ["No devices here."] + listing.advice : ["No device matches; Esc clears the filter."]
    _ = canvas.putWrapped(lines.joined(separator: " "), in: area, style: .dim)
  }

  private func draw(_ row: Row, on canvas: inout Canvas, in place: Rectangle) {
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

  private func drawDetails(of row: Row, on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
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
