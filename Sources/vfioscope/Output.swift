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

/// Columns of the terminal that standard output is; nil when it is something else.
var outputColumns: Int? {
  var size = winsize()
  return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
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
  /// Microseconds, with three digits behind the point: a number that is nearest to those, and so is written with them.
  var microseconds: Double {
    let (seconds, attoseconds) = components
    let nanoseconds = (Double(attoseconds) / 1e9).rounded()
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    // So long ones are whole microseconds anyway.
    guard !isTooLong else { return Double(seconds) * 1e6 }
    return Double(whole.addingReportingOverflow(Int64(nanoseconds)).partialValue) / 1e3
  }
}
