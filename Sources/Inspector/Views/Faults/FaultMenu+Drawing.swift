import Rulebook
import Terminal

extension FaultMenu {
  /// A row of the list.
  private enum Line {
    case heading(String)
    case item(Int)
    case note(String)
  }

  private func lines(_ items: [FaultItem]) -> [Line] {
    let own = items.indices.filter { items[$0].isOfDevice }
    return [.heading("What a user can do wrong, and what that may do to the device")]
      + items.indices.filter { !items[$0].isOfDevice }.map(Line.item)
      + [.heading("What the device can do wrong itself")]
      + (own.isEmpty ? [.note("Only simulated devices have switches for that.")] : own.map(Line.item))
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    let layout = FaultMenuLayout(area)
    StateLine(status, at: store.now).draw(on: &canvas, in: layout.state)
    let items = items(store)
    guard !items.isEmpty else { return }
    let selected = min(index, items.count - 1)
    draw(items, selected, on: &canvas, in: layout.list)
    drawPane(items[selected], on: &canvas, in: layout.pane)
  }

  private func draw(_ items: [FaultItem], _ selected: Int, on canvas: inout Canvas, in list: Rectangle) {
    let lines = lines(items)
    let row = lines.firstIndex { if case .item(selected) = $0 { true } else { false } } ?? 0
    // In the middle, so that the heading above a part and what is said at the end are seen too.
    SelectedList(lines.count, selected: row, at: .middle, in: list).draw(on: &canvas) { canvas, number, place in
      let (_, words) = place.split(columns: 1)
      switch lines[number] {
      case .heading(let text): canvas.putFitted(text, in: words, style: .title)
      case .note(let text): canvas.putFitted(" \(text)", in: words, style: .dim)
      case .item(let number): draw(items[number], on: &canvas, in: place)
      }
    }
  }

  private func draw(_ item: FaultItem, on canvas: inout Canvas, in place: Rectangle) {
    canvas.put(item.name, row: place.row, column: place.column + 2, within: place)
    canvas.put(item.mark.word, row: place.row, column: place.column + 22, style: item.mark.style, within: place)
    let rest = Rectangle(row: place.row, column: place.column + 31, height: 1, width: place.width - 32)
    canvas.putFitted(item.what, in: rest, style: .dim)
  }

  private func drawPane(_ item: FaultItem, on canvas: inout Canvas, in area: Rectangle) {
    var inside = canvas.box(area, title: item.name)
    let parts = [(item.what, Style.normal), ("Expected: \(item.expected)", .normal), item.note]
    for (words, style) in parts.compactMap(\.self) {
      inside = inside.split(rows: canvas.putWrapped(words, in: inside, style: style)).bottom
    }
  }
}
