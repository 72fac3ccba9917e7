import Migration
import Terminal
import VFIO

/// The fields of a record, each with its place in the record, its name and its value; of two records side by side, both
/// values where they differ.
struct RecordFields {
  private let records: [StreamRecord]

  init(_ records: [StreamRecord]) { self.records = records }

  private struct Item {
    let text: String
    let style: Style
  }

  /// How a byte of a record looks: neighbouring fields differ.
  static func style(of offset: UInt64, in record: StreamRecord?) -> Style {
    guard let record else { return .normal }
    guard offset >= record.offset, offset - record.offset < record.length else { return .dim }
    let place = Int(offset - record.offset)
    return record.fields.firstIndex { $0.place.contains(place) }.map(style) ?? .normal
  }

  private static func style(_ index: Int) -> Style { index.isMultiple(of: 2) ? .accent : .live }

  /// Draws as many fields as there is room for, and says how many are left.
  func draw(on canvas: inout Canvas, in area: Rectangle) {
    guard area.height > 0, let record = records.first else { return }
    canvas.horizontalLine(row: area.row, columns: area.columns)
    canvas.putFitted(" \(record.heading) ", in: area, style: .title)
    let rest = area.split(rows: 1).bottom
    let items = items(record)
    var (row, column) = (rest.row, rest.column)
    for (index, item) in items.enumerated() {
      let width = SafeText(item.text, isASCII: canvas.glyphs.isASCII).width
      if column > rest.column, column + width > rest.endColumn { (row, column) = (row + 1, rest.column) }
      guard row < rest.endRow else {
        let more = " and \(items.count - index) more"
        canvas.putRight(more, in: rest.split(rows: -1).bottom, style: .dim)
        return
      }
      let place = Rectangle(row: row, column: column, height: 1, width: rest.endColumn - column)
      column = canvas.putFitted(item.text, in: place, style: item.style) + 2
    }
  }

  private func items(_ record: StreamRecord) -> [Item] {
    let notes = records.compactMap(\.note).map { Item(text: "! \($0)", style: .warning) }
    return notes
      + record.fields.indices.map { index in
        let field = record.fields[index]
        let values = records.map { $0.fields.indices.contains(index) ? $0.fields[index].value.words : "–" }
        let differs = Set(values).count > 1
        let place = "+" + hexadecimal(field.place.lowerBound, digits: 2)
        return Item(
          text: "\(place) \(field.name) \(differs ? values.joined(separator: " → ") : values[0])",
          style: differs ? .danger : Self.style(index))
      }
  }
}
