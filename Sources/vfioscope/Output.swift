import Glibc

/// Prints a line on standard output and hands it on at once, so that a reader of a pipe sees it when it happens.
func printLine(_ line: String) {
  print(line)
  fflush(nil)
}

/// Lays out rows as columns as wide as their longest cell, two blanks apart; the last column is not padded.
func columns(_ rows: [[String]]) -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in rows.compactMap { $0.count > column ? $0[column].count : nil }.max() ?? 0 }
  return rows.map { row in
    row.enumerated()
      .map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      .joined(separator: "  ")
  }
}

extension Duration {
  /// Microseconds.
  var microseconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) * 1e6 + (Double(attoseconds) / 1e9).rounded() / 1e3
  }
}
