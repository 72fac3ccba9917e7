import TestSupport
import Testing

@Suite("a transfer's progress on a terminal")
struct ProgressTests {
  @Test("takes one line, however narrow the terminal is", arguments: [40, 60, 80])
  func oneLine(columns: Int) throws {
    let program = try PtyProgram(
      builtProgram("vfioscope"),
      [
        "migrate", "sim:v2-reference,size=8M,rate=16M,dirty=4M", "sim:v2-reference,size=8M,seed=2", "--yes",
        "--max-pre-copy-time", "1",
      ], columns: columns)
    #expect(try program.exitStatus() == .exited(0))
    // It was taken away: what is left are the lines of the report.
    #expect(program.written.contains("pre-copy: "))
    #expect(program.terminal.lines[0].hasPrefix("pre-copy: ") && program.terminal.lines[0].contains(" chunk"))
    #expect(!program.screen.contains("left"))
  }
}
