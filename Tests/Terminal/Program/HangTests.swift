import Glibc
import TestSupport
import Testing

@Suite("A device that hangs")
struct HangTests {
  private static let device = "sim:v2-reference,hang=stop-copy"
  private static let farewell = "\(device) had not answered yet (step to stop-copy); its state is not known."

  /// The program with a device that was asked for stop-copy and will never answer.
  private func hanging() throws -> PtyProgram {
    let program = try startVfioscope("--demo", Self.device, showing: "state ● running", columns: 100)
    try program.arm()
    try program.step(to: "stop-copy")
    try program.wait(for: "busy: step to stop-copy for ")
    return program
  }

  @Test("is shown as busy for longer and longer")
  func countsUp() throws {
    let program = try hanging()
    try program.wait(for: "busy: step to stop-copy for 1 s")
    try program.wait(for: "busy: step to stop-copy for 2 s")
    #expect(program.screen.contains("state ○ running  RUNNING (2) last seen "))
  }

  @Test("in a look is shown as busy too, with what was seen earlier and its age")
  func look() throws {
    let program = try PtyProgram(
      builtProgram("vfioscope"), ["--demo", "sim:v2-reference,access-latency=800ms"], columns: 100)
    try program.wait(untilScreen: { $0.contains("Opening the device for ") }, seconds: 30)
    try program.wait(untilScreen: { $0.contains("state ● running") && $0.contains("bytes, live") }, seconds: 30)
    try program.wait(for: "busy: look for 1 s", "state ○ running  RUNNING (2) last seen ", "bytes, last seen ")
    #expect(!program.screen.contains("live"))
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("leaves the rest of the program alive")
  func othersGoOn() throws {
    let program = try hanging()
    try program.type("?", andWaitFor: "reading it changes nothing")
    try program.type(PtyProgram.escape, andWaitFor: "busy: step to stop-copy")
    try program.type("J", andWaitFor: "Journal of")
    try program.type(PtyProgram.escape, andWaitFor: "busy: step to stop-copy")
    try program.type(PtyProgram.escape, andWaitFor: "5 IOMMU groups")
    program.type(PtyProgram.enter)
    try program.wait(untilScreen: { $0.contains("state ● running  RUNNING (2)") && !$0.contains("busy") })
  }

  @Test("does not keep the program from quitting, which says that it had not answered")
  func quit() throws {
    let program = try hanging()
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.terminalModes == .sane)
    #expect(program.terminal.lines.contains(Self.farewell))
  }

  @Test("does not keep a signal from ending the program", arguments: [SIGTERM, SIGINT])
  func signal(number: Int32) throws {
    let program = try hanging()
    program.signal(number)
    #expect(try program.exitStatus() == .killed(by: number))
    #expect(program.terminalModes == .sane)
    #expect(program.terminal.lines.contains(Self.farewell))
  }
}
