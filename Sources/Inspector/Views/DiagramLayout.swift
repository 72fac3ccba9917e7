import Migration
import Terminal
import VFIO

/// Where the states of a protocol stand, in columns and rows, and what connects them. A link is drawn when the device has
/// an arc for it.
struct DiagramLayout {
  let places: [(state: State, column: Int, row: Int)]
  let links: [DiagramLink]

  static func of(_ protocol: MigrationProtocol) -> DiagramLayout { `protocol` == .v1 ? v1 : v2 }

  private static let v1 = DiagramLayout(
    places: [
      (.v1(.resuming), 0, 0), (.v1(.running), 1, 0), (.v1(.stop), 2, 0),
      (.v1(.error), 0, 1), (.v1(.preCopy), 1, 1), (.v1(.stopCopy), 2, 1),
    ],
    links: [
      DiagramLink(.v1(.resuming), .v1(.running)), DiagramLink(.v1(.running), .v1(.stop)),
      DiagramLink(.v1(.running), .v1(.preCopy)), DiagramLink(.v1(.stop), .v1(.stopCopy)),
      DiagramLink(.v1(.preCopy), .v1(.stopCopy)), DiagramLink(.v1(.running), .v1(.stopCopy), .elbow),
    ])

  private static let v2 = DiagramLayout(
    places: [
      (.v2(.running), 0, 0), (.v2(.runningP2P), 1, 0), (.v2(.stop), 2, 0), (.v2(.resuming), 3, 0),
      (.v2(.preCopy), 0, 1), (.v2(.preCopyP2P), 1, 1), (.v2(.stopCopy), 2, 1), (.v2(.error), 3, 1),
    ],
    links: [
      DiagramLink(.v2(.running), .v2(.runningP2P)), DiagramLink(.v2(.runningP2P), .v2(.stop)),
      DiagramLink(.v2(.running), .v2(.stop)), DiagramLink(.v2(.stop), .v2(.resuming)),
      DiagramLink(.v2(.running), .v2(.preCopy)), DiagramLink(.v2(.runningP2P), .v2(.preCopyP2P)),
      DiagramLink(.v2(.stop), .v2(.stopCopy)), DiagramLink(.v2(.preCopy), .v2(.preCopyP2P)),
      DiagramLink(.v2(.preCopyP2P), .v2(.stopCopy)), DiagramLink(.v2(.preCopy), .v2(.stopCopy)),
    ])
}

/// A connection between two states.
struct DiagramLink {
  enum Shape {
    /// Along the row or the column that both share.
    case straight
    /// From the right of the first, down, to the left of the second.
    case elbow
  }

  let from: State
  let to: State
  let shape: Shape

  init(_ from: State, _ to: State, _ shape: Shape = .straight) {
    self.from = from
    self.to = to
    self.shape = shape
  }
}

/// The boxes of the states a device has, placed in an area.
struct DiagramGeometry {
  let boxes: [(state: State, box: Rectangle)]

  /// Nil when the area is too small.
  init?(states: [State], in area: Rectangle) {
    guard let first = states.first, area.height >= StateDiagram.flatHeight else { return nil }
    let places = DiagramLayout.of(first.protocol).places.filter { states.contains($0.state) }
    let used = Set(places.map(\.column)).sorted()
    let gaps = max(1, used.count - 1)
    let names = used.map { column in places.filter { $0.column == column }.map(\.state.name.count).max() ?? 0 }
    // Two brackets or borders, a mark and a blank; one more blank where there is room.
    let padding = names.reduce(0) { $0 + $1 + 5 } + 3 * gaps <= area.width ? 5 : 4
    let widths = names.map { $0 + padding }
    let room = area.width - widths.reduce(0, +)
    guard room >= 2 * gaps else { return nil }
    let gap = min(7, room / gaps)
    let left = area.column + max(0, (room - gap * gaps) / 2)
    let starts = widths.indices.map { left + widths[..<$0].reduce(0, +) + gap * $0 }
    let height = area.height >= StateDiagram.tallHeight ? 3 : 1
    boxes = places.map { place in
      let column = used.firstIndex(of: place.column) ?? 0
      return (
        place.state,
        Rectangle(
          row: area.row + place.row * (height + 1), column: starts[column], height: height, width: widths[column])
      )
    }
  }

  func box(of state: State) -> Rectangle? { boxes.first { $0.state == state }?.box }
}

/// Draws one link: a line with a head at each end that an arc leads to.
struct DiagramPen {
  let style: Style
  let isDouble: Bool
  let forward: Bool
  let backward: Bool

  func across(_ canvas: inout Canvas, from: Rectangle, to: Rectangle) {
    let row = from.row + from.height / 2
    put(&canvas, horizontal(canvas), row: row, columns: from.endColumn..<to.column)
    if forward { canvas.put(canvas.glyphs.right, row: row, column: to.column - 1, style: style) }
    if backward { canvas.put(canvas.glyphs.left, row: row, column: from.endColumn, style: style) }
  }

  /// The row between two boxes has room for one sign: both ways, or one.
  func down(_ canvas: inout Canvas, from: Rectangle, to: Rectangle) {
    let column = from.column + min(from.width, to.width) / 2
    let heads = (backward ? canvas.glyphs.up : "") + (forward ? canvas.glyphs.down : "")
    for row in from.endRow..<to.row {
      canvas.put(heads, row: row, column: column, style: style)
      if isDouble { canvas.put(vertical(canvas), row: row, column: column - 1, style: style) }
    }
  }

  func elbow(_ canvas: inout Canvas, from: Rectangle, to: Rectangle) {
    let column = from.endColumn + max(0, (to.column - from.endColumn) / 2 - 1)
    let (top, bottom) = (from.row + from.height / 2, to.row + to.height / 2)
    guard top < bottom else { return }
    put(&canvas, horizontal(canvas), row: top, columns: from.endColumn..<column)
    for row in top + 1..<bottom { canvas.put(vertical(canvas), row: row, column: column, style: style) }
    canvas.put(canvas.glyphs.teeDown, row: top, column: column, style: style)
    canvas.put(canvas.glyphs.teeUp, row: bottom, column: column, style: style)
    put(&canvas, horizontal(canvas), row: bottom, columns: column + 1..<to.column)
    canvas.put(canvas.glyphs.right, row: bottom, column: to.column - 1, style: style)
  }

  private func put(_ canvas: inout Canvas, _ sign: String, row: Int, columns: Range<Int>) {
    canvas.fill(
      Rectangle(row: row, column: columns.lowerBound, height: 1, width: columns.count), with: sign, style: style)
  }

  private func horizontal(_ canvas: Canvas) -> String {
    isDouble ? (canvas.glyphs.isASCII ? "=" : "═") : canvas.glyphs.horizontal
  }

  private func vertical(_ canvas: Canvas) -> String {
    isDouble ? (canvas.glyphs.isASCII ? "#" : "║") : canvas.glyphs.vertical
  }
}
