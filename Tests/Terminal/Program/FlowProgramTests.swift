import TestSupport
import Testing

@Suite("Moving data in the terminal program")
struct FlowProgramTests {
  @Test("is drawn while it goes on, with the marks that were asked for, and told at its end")
  func migrates() throws {
    let program = try startMigrating("sim:v2-reference,size=4M,dirty=64K,rate=4M", "--plots", "block", columns: 100)
    try program.wait(for: "● pre-copy")
    try program.wait(untilScreen: { $0.contains("MiB ┤") && $0.contains(/[▁▂▃▄▅▆▇]/) })
    try program.wait(for: "✓ End seen: all data was moved.", "is in stop, read back.", "is in running, read back.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("was in stop when it was closed"))
  }

  @Test("goes on while the size of the terminal changes, also to one in which nothing can be drawn")
  func resized() throws {
    let program = try startMigrating("sim:v2-reference,size=64M,rate=4M", rows: 24, columns: 80)
    try program.wait(for: "● pre-copy", "┤")
    program.resize(rows: 16, columns: 60)
    try program.wait(until: { $0.terminal.lines[0].hasSuffix(" ARMED") && $0.terminal.lines[0].count == 59 })
    // Where there is no room for a plot, there is a line for each figure.
    try program.wait(for: "● pre-copy", "stop-copy 5", "x give up")
    program.resize(rows: 5, columns: 30)
    try program.wait(for: "The terminal is 30×5.")
    program.resize(rows: 50, columns: 160)
    try program.wait(for: "● pre-copy", "┤", "x give up")
    for columns in stride(from: 160, to: 60, by: -7) { program.resize(rows: columns / 4, columns: columns) }
    program.resize(rows: 24, columns: 80)
    try program.wait(until: { $0.terminal.lines[0].count == 79 && $0.screen.contains("x give up") })
    #expect(program.terminal.lines[1].hasPrefix("┌ Source sim:v2-reference"))
    try program.type("x", andWaitFor: "Give up?")
    try program.type("y", andWaitFor: "✗ Given up before the end.")
    #expect(program.terminal.unknown.isEmpty)
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("is given up by q on a screen that is too small to ask, as it says there")
  func tooSmall() throws {
    let program = try startMigrating("sim:v2-reference,size=64M,rate=4M")
    try program.wait(for: "● pre-copy")
    program.resize(rows: 10, columns: 80)
    try program.wait(for: "q gives up migrate and quits.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("was given up."))
  }

  @Test("does not keep the program from quitting when a device hangs, once that is confirmed")
  func hangs() throws {
    let program = try startMigrating("sim:v2-reference,size=64K,hang=stop-copy", columns: 100)
    try program.wait(for: "No answer for ")
    try program.type("q", andWaitFor: "Quit in the middle of it?")
    program.type("y")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("had not answered yet (migrate); its state is not known."))
  }
}
