import TestSupport

extension PtyProgram {
  /// Waits until the probe has drawn all of a frame of this size: its box is whole, to the last corner.
  func waitForFrame(rows: Int, columns: Int) throws {
    try wait(until: { program in
      program.screen.contains("probe \(columns)x\(rows)") && program.terminal.lines.last?.count == columns
    })
  }
}

/// Starts the probe and waits for its first frame.
func startProbe(
  _ arguments: [String] = [], rows: Int = 12, columns: Int = 60, environment: [String: String?] = [:]
) throws -> PtyProgram {
  let path = try builtProgram("TerminalProbe")
  let program = try PtyProgram(path, arguments, rows: rows, columns: columns, environment: environment)
  try program.waitForFrame(rows: rows, columns: columns)
  return program
}
