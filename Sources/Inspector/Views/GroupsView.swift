import Terminal

/// The groups and their devices as a tree, with a filter, and what is known of the selected row below.
struct GroupsView: View {
  private var selected: GroupsRow.ID?
  /// The first row that was seen when the last key came.
  private var top = 0
  private(set) var filter = ""
  private(set) var isTyping = false

  var takesText: Bool { isTyping }

  func title(_ store: Store) -> String {
    let (groups, devices) = (store.listing.groups.count, store.listing.devices.count)
    return "\(groups) IOMMU group\(groups == 1 ? "" : "s"), \(devices) device\(devices == 1 ? "" : "s")"
      + (store.isScanning ? ", scanning…" : "")
  }

  func keys(_ store: Store) -> [KeyHint] {
    if isTyping { return [KeyHint("Enter", "keep"), KeyHint("Esc", "clear")] }
    return [
      KeyHint("j k", "move"), KeyHint("Enter", "open"), KeyHint("/", "filter"), KeyHint("?", "help"),
      KeyHint("q", "quit"), KeyHint("r", "scan again"), KeyHint("f", "open file"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    defer { top = layout(in: store.body, rows(store)).first }
    return isTyping ? type(key) : act(key, rows(store), store)
  }

  private mutating func act(_ key: Key, _ rows: [GroupsRow], _ store: Store) -> Reaction {
    switch key {
    case .up, .character("k"): move(-1, rows)
    case .down, .character("j"): move(1, rows)
    case .pageUp: move(-10, rows)
    case .pageDown: move(10, rows)
    case .home, .character("g"): move(-rows.count, rows)
    case .end, .character("G"): move(rows.count, rows)
    case .wheelUp: move(-3, rows)
    case .wheelDown: move(3, rows)
    case .click(let row, let column): return click(row, column, rows, store)
    case .character("/"): isTyping = true
    case .character("r"), .function(5): store.rescan()
    case .character("f"): return .push(FilePrompt.capture)
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

  private mutating func move(_ distance: Int, _ rows: [GroupsRow]) {
    guard !rows.isEmpty else { return }
    selected = rows[min(max(0, index(in: rows) + distance), rows.count - 1)].id
  }

  /// Selects what is clicked, and opens what is selected already.
  private mutating func click(_ row: Int, _ column: Int, _ rows: [GroupsRow], _ store: Store) -> Reaction {
    let layout = layout(in: store.body, rows)
    let clicked = layout.first + row - layout.list.row
    guard layout.list.contains(row: row, column: column), rows.indices.contains(clicked) else { return .stay }
    if clicked == index(in: rows) { return open(rows, store) }
    selected = rows[clicked].id
    return .stay
  }

  private func open(_ rows: [GroupsRow], _ store: Store) -> Reaction {
    guard let device = rows.isEmpty ? nil : rows[index(in: rows)].device else { return .stay }
    guard device.isVFIO else {
      let driver = device.driver.map { "bound to \($0), not to a VFIO driver" } ?? "bound to no driver"
      store.message = "Can't open: \(device.address) is \(driver)."
      return .stay
    }
    store.open(device.reference)
    return .push(DeviceView(device.reference))
  }

  // MARK: what is seen

  /// The rows that match the filter.
  func rows(_ store: Store) -> [GroupsRow] { GroupsRow.all(of: store.listing, filter: filter) }

  /// The selected row stays selected by what it is, not by where it is.
  func index(in rows: [GroupsRow]) -> Int {
    rows.firstIndex { $0.id == selected } ?? rows.firstIndex { $0.device?.isVFIO == true } ?? 0
  }

  /// Where the parts of the view are, and the first row that is seen.
  struct Layout {
    let filter: Rectangle
    let list: Rectangle
    let details: Rectangle
    let first: Int
  }

  /// The list is scrolled no further than the selected row demands, so that rows stay where they are clicked.
  func layout(in area: Rectangle, _ rows: [GroupsRow]) -> Layout {
    let (upper, details) = area.split(rows: area.height >= 14 ? -7 : area.height)
    let (line, list) = upper.split(rows: isTyping || !filter.isEmpty ? 1 : 0)
    let index = index(in: rows)
    let first = min(max(top, index - list.height + 1), index, max(0, rows.count - list.height))
    return Layout(filter: line, list: list, details: details, first: max(0, first))
  }
}
