import Migration
import Terminal

/// Which pages of our memory a device writes: figures, how they have changed, and where the pages are. The watch goes on
/// as long as the view is there.
struct DirtyView: View {
  let reference: DeviceReference

  init(_ reference: DeviceReference) {
    self.reference = reference
  }

  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Dirty pages of \(store.name(of: reference))" }

  func keys(_ store: Store) -> [KeyHint] {
    [
      KeyHint("s", "step"), KeyHint("Esc", "stop and go back"), KeyHint("?", "help"), KeyHint("q", "quit"),
      KeyHint("J", "journal"),
    ]
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch key {
    case .escape, .left, .backspace:
      store.endDirtyPages(reference)
      return .pop
    case .character("q"): return .quit
    case .character("J"): return .push(JournalView(reference))
    case .character("s"), .enter:
      return store.status(reference)?.observation == nil ? .stay : .push(StepMenu(reference))
    default: return .stay
    }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    guard let status = store.status(reference) else { return }
    let (head, rest) = Rectangle(row: area.row, column: area.column + 1, height: area.height, width: area.width - 2)
      .split(rows: 1)
    StateLine(status, at: store.now).draw(on: &canvas, in: head)
    if let dirty = status.dirty {
      let (figures, map) = rest.split(rows: DirtyFigures.height)
      DirtyFigures(dirty).draw(on: &canvas, in: figures)
      DirtyMap(dirty).draw(
        on: &canvas, in: Rectangle(row: map.row, column: area.column, height: map.height, width: area.width))
    } else if let why = status.dirtyFailure {
      _ = canvas.putWrapped("Dirty pages can't be watched: \(why)", in: rest.split(rows: 1).bottom, style: .warning)
    } else {
      canvas.putFitted("Switching on dirty page logging …", in: rest.split(rows: 1).bottom, style: .dim)
    }
  }
}
