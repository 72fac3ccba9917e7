import TestSupport
import Testing

@Suite("A scenario in the terminal program")
struct ScenarioProgramTests {
  @Test("is played step by step from the command, to its end and again from its start")
  func fromCommand() throws {
    let program = try startVfioscope(
      "run", "v1-resumed", "--steps", showing: "step 1 of 6", rows: 30, columns: 100)
    try program.wait(for: "source       state ● running", "destination  state ● running")
    try program.type("n", andWaitFor: "Play this scenario?")
    try program.type("y", andWaitFor: "source       state ● stop-copy")
    try program.type("r", andWaitFor: "✓ Played to its end: all as expected.")
    try program.wait(for: "source       state ● stop", "destination  state ● running")
    try program.type("b", andWaitFor: "Back to the start?")
    try program.type("y", andWaitFor: "step 1 of 6")
    try program.wait(for: "source       state ● running")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("is chosen from an armed device, and can be left and taken up again")
  func fromDevice() throws {
    let program = try startVfioscope(
      "--demo", "sim:v2-reference,size=64K", showing: "state ● running", rows: 30, columns: 100)
    try program.arm()
    try program.type("p", andWaitFor: "┌ Scenarios")
    try program.type("jj", andWaitFor: "From STOP_COPY there is no way back")
    try program.type(PtyProgram.enter, andWaitFor: "step 1 of 4")
    try program.type("n", andWaitFor: "step 2 of 4")
    try program.type("n", andWaitFor: "✓ 2 ask for pre-copy: EINVAL (Invalid argument), now stop-copy")
    try program.type(PtyProgram.escape, andWaitFor: " vfioscope  sim:v2-reference")
    try program.type("p", andWaitFor: "step 3 of 4")
    try program.type("r", andWaitFor: "✓ Played to its end: all as expected.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("does not keep the program from quitting when its device hangs, once that is confirmed")
  func hangs() throws {
    let program = try startVfioscope(
      "run", "v1-shutdown", "sim:v1-reference,size=64K,hang=stop", "--steps", showing: "step 1 of 3")
    try program.wait(for: "state ● running")
    try program.type("n", andWaitFor: "Play this scenario?")
    try program.type("y", andWaitFor: "step 2 of 3")
    program.type("n")
    try program.wait(for: "busy: scenario v1-shutdown")
    try program.type("q", andWaitFor: "Quit in the middle of it?")
    program.type("y")
    #expect(try program.exitStatus() == .exited(0))
  }
}
