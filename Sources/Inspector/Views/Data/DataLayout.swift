import Terminal

/// Where the parts of a data view are.
struct DataLayout {
  let head: Rectangle
  let listFrame: Rectangle
  let hexFrame: Rectangle
  let list: Rectangle
  let hex: Rectangle
  let fields: Rectangle
  let offsets: OffsetColumn
  /// Bytes in a row.
  let columns: Int

  /// The least that the list needs.
  private static let listWidth = 32
  /// The most that the fields of a record get; few have more.
  static let fieldsHeight = 10

  init(_ area: Rectangle, headHeight: Int, limit: UInt64, hasRecords: Bool) {
    let (head, panes) = area.split(rows: headHeight)
    let offsets = OffsetColumn(upTo: limit)
    let around = offsets.width + 1 + 2
    columns = area.width - around - HexPane.width(16) >= Self.listWidth ? 16 : 8
    (listFrame, hexFrame) = panes.split(columns: -(around + HexPane.width(columns)))
    list = listFrame.inset()
    let inside = hexFrame.inset()
    (hex, fields) = inside.split(
      rows: inside.height - (hasRecords ? min((inside.height + 1) / 2, Self.fieldsHeight) : 0))
    self.head = head
    self.offsets = offsets
  }
}

/// Where the parts of a comparison are.
struct DiffLayout {
  let head: Rectangle
  /// The rows of bytes over the whole width.
  let rows: Rectangle
  /// The bytes of the first and of the second.
  let panes: [Rectangle]
  let fields: Rectangle
  let offsets: OffsetColumn
  /// Bytes in a row.
  let columns: Int

  /// Between the two, where the mark of a row that differs stands.
  static let gap = 3

  init(_ area: Rectangle, limit: UInt64, hasRecords: Bool) {
    let (head, rest) = area.split(rows: 4)
    let (rows, fields) = rest.split(
      rows: rest.height - (hasRecords ? min(rest.height / 3, DataLayout.fieldsHeight) : 0))
    let offsets = OffsetColumn(upTo: limit)
    let room = area.width - offsets.width - 1
    let columns = [16, 8].first { 2 * HexPane.width($0) + Self.gap <= room } ?? 4
    let width = HexPane.width(columns)
    let first = rows.column + offsets.width + 1
    panes = [first, first + width + Self.gap].map {
      Rectangle(row: rows.row, column: $0, height: rows.height, width: width)
    }
    (self.head, self.rows, self.fields, self.offsets, self.columns) = (head, rows, fields, offsets, columns)
  }
}
