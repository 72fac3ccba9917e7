import Migration
import Terminal
import VFIO

/// The fields of a record, each with its place in the record, its name and its value; of two records side by side, both
/// values where they differ.
struct RecordFields {
  private let records: [StreamRecord]
  /// What they are called: two records of different kinds have no fields that could be compared.
  private let heading: String

  init(_ records: [StreamRecord]) {
    let isSameKind = Set(records.map(\.name)).count < 2
    self.records = isSameKind ? records : Array(records.prefix(1))
    heading = (isSameKind ? records.prefix(1) : records[...]).map(\.heading).joined(separator: " → ")
  }

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
    canvas.putFitted(" \(heading) ", in: area, style: .title)
    let rest = area.split(rows: 1).bottom
    let items = items(record)
    let places = places(of: items, in: rest, canvas.glyphs)
    for (item, place) in zip(items, places) { canvas.putFitted(item.text, in: place, style: item.style) }
    guard places.count < items.count else { return }
    canvas.putRight(more(items.count - places.count), in: rest.split(rows: -1).bottom, style: .dim)
  }

  private func more(_ count: Int) -> String { " and \(count) more" }

  /// Where the fields go that there is room for; when it is not enough for all, some is left at the end to say so.
  private func places(of items: [Item], in area: Rectangle, _ glyphs: Glyphs) -> [Rectangle] {
    let widths = items.map { SafeText($0.text, isASCII: glyphs.isASCII).width }
    let all = places(of: widths, in: area, keeping: 0)
    return all.count == items.count ? all : places(of: widths, in: area, keeping: more(items.count).count)
  }

  /// `kept` columns of the last row stay free.
  private func places(of widths: [Int], in area: Rectangle, keeping kept: Int) -> [Rectangle] {
    var places: [Rectangle] = []
    var (row, column) = (area.row, area.column)
    for width in widths {
      func end() -> Int { area.endColumn - (row == area.endRow - 1 ? kept : 0) }
      if column > area.column, column + width > end() { (row, column) = (row + 1, area.column) }
      guard row < area.endRow else { break }
      places.append(Rectangle(row: row, column: column, height: 1, width: min(width, end() - column)))
      column += width + 2
    }
    return places
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
