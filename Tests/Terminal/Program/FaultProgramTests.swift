import TestSupport
import Testing

@Suite("Faults and rules in the terminal program")
struct FaultProgramTests {
  private let device = "sim:v2-reference,size=64K"

  @Test("a fault is made by keys and shown with its evidence")
  func made() throws {
    let program = try startVfioscope(device, showing: "state ● running", rows: 40, columns: 100)
    try program.type("F", andWaitFor: "Faults of sim:v2-reference")
    try program.select("cut-stream")
    try program.type(PtyProgram.enter, andWaitFor: "Read-only: go back and press a")
    try program.type(PtyProgram.escape, andWaitFor: " vfioscope  sim:v2-reference")
    try program.arm()
    try program.type("F", andWaitFor: "Faults of sim:v2-reference")
    try program.select("cut-stream")
    try program.type(PtyProgram.enter, andWaitFor: "Do it: cut-stream?")
    try program.type("y", andWaitFor: "Fault cut-stream on sim:v2-reference")
    try program.type("G", andWaitFor: "running, read back")
    try program.type("g", andWaitFor: "V2-RES-01")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("a fault that takes long leaves the screen to its user")
  func slow() throws {
    let program = try startVfioscope(device + ",latency=400ms", showing: "state ● running", rows: 40, columns: 100)
    try program.arm()
    try program.type("F", andWaitFor: "Faults of sim:v2-reference")
    try program.select("repeat-request")
    try program.type(PtyProgram.enter, andWaitFor: "Being done …")
    try program.type(PtyProgram.escape, andWaitFor: "Faults of sim:v2-reference")
    try program.type(PtyProgram.enter, andWaitFor: "Busy: fault repeat-request, wait until it has answered.")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("a fault of the device is switched on with a value, and off again")
  func switched() throws {
    let program = try startVfioscope(device, showing: "state ● running", rows: 60, columns: 100)
    try program.arm()
    try program.type("F", andWaitFor: "Faults of sim:v2-reference")
    try program.select("refuse-state")
    try program.type(PtyProgram.enter, andWaitFor: "Value of refuse-state:")
    try program.type("stop/EBUSY\r", andWaitFor: "On: refuse-state:stop/EBUSY.")
    try program.type(PtyProgram.escape, andWaitFor: "faults on: refuse-state:stop/EBUSY")
    try program.step(to: "stop")
    try program.wait(for: "EBUSY (Device or resource busy)")
    try program.type("F", andWaitFor: "x all off")
    program.type("x")
    try program.wait(untilScreen: { !$0.contains("FAULTS ON") })
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("a device that hangs is let go by the switch that has made it hang")
  func hangs() throws {
    let program = try startVfioscope(device, showing: "state ● running", rows: 60, columns: 100)
    try program.arm()
    try program.type("F\t", andWaitFor: "Tab faults of users")
    try program.select("hang")
    try program.type(PtyProgram.enter, andWaitFor: "Value of hang:")
    try program.type("stop\r", andWaitFor: "On: hang:stop.")
    try program.type(PtyProgram.escape, andWaitFor: "faults on: hang:stop")
    try program.step(to: "stop")
    try program.wait(for: "busy: step to stop")
    try program.type("F", andWaitFor: "x all off")
    try program.type("x", andWaitFor: "state ● stop")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }

  @Test("rules are checked by keys, filtered and explained")
  func rules() throws {
    let program = try startVfioscope(
      "sim:v1-reference,size=64K,defect=V1-ACC-05", showing: "state ● running", rows: 30, columns: 100)
    try program.type("r", andWaitFor: "Check which rules the device keeps")
    try program.type(PtyProgram.enter, andWaitFor: "Rules of sim:v1-reference")
    try program.wait(for: "r check again")
    try program.type("v", andWaitFor: "Shown: not kept.")
    try program.wait(for: "fail  V1-ACC-05", "read region 9 +0x4 4 bytes reserved = EINVAL")
    try program.type(PtyProgram.enter, andWaitFor: "V1-ACC-05 on sim:v1-reference")
    try program.wait(for: "rests on")
    program.type("q")
    #expect(try program.exitStatus() == .exited(0))
  }
}
