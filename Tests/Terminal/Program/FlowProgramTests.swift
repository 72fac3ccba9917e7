import TestSupport
import Testing

@Suite("Moving data in the terminal program")
struct FlowProgramTests {
  /// The program in the view of a migration to another simulated device.
  private func migrating(_ device: String, _ arguments: String...) throws -> PtyProgram {
    let program = try PtyProgram(
      builtProgram("vfioscope"), ["--demo", "sim:\(device)"] + arguments, rows: 30, columns: 100)
    try program.wait(for: "state ● running")
    try program.arm()
    try program.type("m", andWaitFor: "another simulated device")
    program.type("jjjjjj")
    try program.type(PtyProgram.enter, andWaitFor: "Migrate?")
    // The destination may still be opening: then nothing is begun, the program says so, and the key has to be pressed
    // again. Between two keys the screen is read: one that is not would say the same for ever.
    let deadline = ContinuousClock.now + .seconds(20)
    repeat {
      try #require(ContinuousClock.now < deadline, "the destination did not open:\n\(program.screen)")
      program.type("y")
      program.read(seconds: 0.1)
    } while program.screen.contains("Migrate?")
    return program
  }

  @Test("is drawn while it goes on, with the marks that were asked for, and told at its end")
  func migrates() throws {
    let program = try migrating("v2-reference,size=4M,dirty=64K,rate=4M", "--plots", "block")
    try program.wait(for: "● pre-copy")
    try program.wait(untilScreen: { $0.contains("MiB ┤") && $0.contains(/[▁▂▃▄▅▆▇]/) })
    try program.wait(for: "✓ End seen: all data was moved.", "is in stop, read back.", "is in running, read back.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("was in stop when it was closed"))
  }

  @Test("does not keep the program from quitting when a device hangs, once that is confirmed")
  func hangs() throws {
    let program = try migrating("v2-reference,size=64K,hang=stop-copy")
    try program.wait(for: "No answer for ")
    try program.type("q", andWaitFor: "Quit in the middle of it?")
    program.type("y")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("had not answered yet (migrate); its state is not known."))
  }
}
