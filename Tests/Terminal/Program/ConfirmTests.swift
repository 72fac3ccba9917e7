import Glibc
import TestSupport
import Testing

@Suite("step on a terminal asks before what may do harm")
struct ConfirmTests {
  private func asking(_ arguments: String...) throws -> PtyProgram {
    let program = try PtyProgram(builtProgram("vfioscope"), ["step"] + arguments, columns: 120)
    try program.wait(for: "Go on? [y/N]")
    return program
  }

  @Test("and goes on with y or yes", arguments: ["y", "Y", "yes"])
  func yes(answer: String) throws {
    let program = try asking("sim:v1-reference", "resuming")
    #expect(program.terminal.lines[0].hasPrefix("resuming: stops the device, the device's own state is lost"))
    program.type(answer + "\n")
    #expect(try program.exitStatus() == .exited(0))
    #expect(program.screen.contains("resuming: running → resuming: ok, now resuming"))
  }

  @Test("and does nothing with any other answer, or none", arguments: ["n\n", "\n", "yellow\n", "\u{4}"])
  func no(answer: String) throws {
    let program = try asking("sim:v1-reference", "resuming", "--trace")
    program.type(answer)
    #expect(try program.exitStatus() == .exited(4))
    #expect(program.screen.contains("vfioscope: resuming: not confirmed, nothing was done"))
    #expect(!program.screen.contains("write region"))
  }

  @Test("and ends by Ctrl-C")
  func interrupted() throws {
    let program = try asking("sim:v1-reference", "resuming", "--trace")
    program.type("\u{3}")
    #expect(try program.exitStatus() == .killed(by: SIGINT))
    #expect(!program.screen.contains("write region"))
  }

  @Test("each time anew, and keeps what was done before")
  func eachTime() throws {
    let program = try asking("sim:v2-reference,no-data=accept", "resuming", "stop", "reset")
    try program.type("y\n", andWaitFor: "reset: a reset loses the device's state. Go on? [y/N]")
    #expect(program.screen.contains("stop: resuming → stop: ok, now stop"))
    program.type("n\n")
    #expect(try program.exitStatus() == .exited(4))
  }

  @Test("and a device's bytes never go to it")
  func bytes() throws {
    let program = try PtyProgram(builtProgram("vfioscope"), ["save", "sim:v2-reference", "-o", "-"])
    #expect(try program.exitStatus() == .exited(2))
    #expect(program.screen.contains("a device's bytes would drive the terminal"))
  }

  @Test("but not with --yes")
  func armed() throws {
    let program = try PtyProgram(builtProgram("vfioscope"), ["step", "sim:v1-reference", "reset", "--yes"])
    #expect(try program.exitStatus() == .exited(0))
    #expect(!program.screen.contains("Go on?"))
  }
}
