import Glibc
import VFIO

/// Prints a line on standard output and hands it on at once, so that a reader of a pipe sees it when it happens.
///
/// Throws when it can't be written, as on a full disk: a script must not take half a report for a whole one.
func printLine(_ line: String) throws(Failure) {
  guard write(line, to: STDOUT_FILENO) else { throw Failure(.refused, "standard output: \(Errno(rawValue: errno))") }
}

/// Prints text on standard output as it is, and throws as `printLine` does.
func printText(_ text: String) throws(Failure) {
  guard write(text, to: STDOUT_FILENO, ending: "") else {
    throw Failure(.refused, "standard output: \(Errno(rawValue: errno))")
  }
}

/// Prints a line on standard error.
func printError(_ line: String) {
  _ = write(line, to: STDERR_FILENO)
}

/// Writes text on standard error as it is.
func printErrorText(_ text: String) {
  _ = write(text, to: STDERR_FILENO, ending: "")
}

/// Writes a line whole; false when that fails, with the reason in `errno`.
private func write(_ line: String, to descriptor: Int32, ending: String = "\n") -> Bool {
  var rest = Array((line + ending).utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard count >= 0 || errno == EINTR else { return false }
    rest = rest.dropFirst(max(0, count))
  }
  return true
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
