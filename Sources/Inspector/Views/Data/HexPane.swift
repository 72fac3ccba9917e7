import Terminal
import VFIO

/// Bytes in rows: hexadecimal digits, then the characters that are ASCII.
struct HexPane {
  let bytes: [UInt8]
  /// The offset of the first.
  let start: UInt64
  /// Bytes in a row.
  let columns: Int
  /// How the byte at an offset looks.
  let style: (UInt64) -> Style

  /// Columns of the screen that a row takes, without its offset.
  static func width(_ columns: Int) -> Int { columns * 3 + columns / 8 - 1 + 2 + columns }

  func draw(on canvas: inout Canvas, in area: Rectangle) {
    for (row, first) in stride(from: 0, to: bytes.count, by: columns).prefix(area.height).enumerated() {
      for column in 0..<min(columns, bytes.count - first) {
        put(first + column, row: area.row + row, on: &canvas, in: area)
      }
    }
  }

  private func put(_ index: Int, row: Int, on canvas: inout Canvas, in area: Rectangle) {
    let (byte, column) = (bytes[index], index % columns)
    let style = style(start + UInt64(index))
    let digits = area.column + column * 3 + column / 8
    canvas.put(hexadecimal(byte, digits: 2), row: row, column: digits, style: style, within: area)
    let text = area.column + columns * 3 + columns / 8 + 1 + column
    let sign = (0x20...0x7E).contains(byte) ? String(Unicode.Scalar(byte)) : "."
    canvas.put(sign, row: row, column: text, style: style, within: area)
  }
}

/// The offsets beside rows of bytes.
struct OffsetColumn {
  /// Digits of the longest.
  let digits: Int

  init(upTo count: UInt64) { digits = max(6, String(count, radix: 16).count) }

  var width: Int { digits + 2 }

  func text(_ offset: UInt64) -> String { offsetText(offset, digits: digits) }

  func draw(on canvas: inout Canvas, in area: Rectangle, from start: UInt64, columns: Int, bytes: Int) {
    for row in 0..<min(area.height, (bytes + columns - 1) / columns) {
      let offset = start + UInt64(row * columns)
      canvas.put(text(offset), row: area.row + row, column: area.column, style: .dim, within: area)
    }
  }
}
