import Migration
import TestSupport
import Testing
import VFIO

@testable import vfioscope

@Suite("step stops at the first request that fails")
struct StepFailureTests {
  @Test(
    "and says how it failed, where the device is, and what was not done",
    arguments: [
      ("sim:v1-reference,fail=stop-copy:EIO", ["stop-copy", "stop"], "EIO", "running"),
      ("sim:v1-reference,fail=stop-copy:EIO:error", ["stop-copy", "stop"], "EIO", "error"),
      ("sim:v2-reference,fail=stop-copy:EBUSY", ["stop-copy", "stop", "running"], "EBUSY", "stop"),
      ("sim:v2-reference,fail=stop:EBUSY", ["stop-copy"], "EBUSY", "running-p2p"),
      ("sim:v2-reference,fail=running-p2p:ENOMEM:error", ["stop", "running"], "ENOMEM", "error"),
      ("sim:v2-reference,state=stop-copy", ["pre-copy", "stop"], "EINVAL", "stop-copy"),
      ("sim:v2-reference,flags=1", ["running-p2p", "stop"], "EINVAL", "running"),
      ("sim:v2-reference", ["error", "stop"], "EINVAL", "running"),
    ])
  func failure(device: String, requests: [String], errno: String, reached: String) throws {
    let run = try Invocation(["step", device] + requests + ["--json"]).finish()
    #expect(run.status == .exited(3))
    let report = try ParsedJSON(run.output)
    #expect(report["not_done"] == .array(requests.dropFirst().map(ParsedJSON.string)))
    #expect(report["state"]?.text == reached)
    let steps = try #require(report["steps"]).elements
    #expect(steps.count == 1)
    #expect(steps.first?["requested"]?.text == requests.first)
    #expect(steps.first?["result"] == "error")
    #expect(steps.first?["errno"]?.text == errno)
    #expect(steps.first?["error"]?.text?.hasPrefix("\(errno) (") == true)
    #expect(steps.first?["reached"]?.text == reached)
    #expect(steps.first?["broken_rule"] == .null)
  }

  @Test("after those that went well, which it tells first")
  func afterSuccess() throws {
    let run = try vfioscope("step", "sim:v2-reference,fail=stop-copy:EIO", "stop", "stop-copy", "running")
    #expect(run.status == .exited(3))
    #expect(run.errors.isEmpty)
    #expect(run.lines.count == 4)
    #expect(run.lines[0].hasPrefix("stop: running → running-p2p → stop: ok, now stop, "))
    #expect(run.lines[1].hasPrefix("stop-copy: stop → stop-copy: EIO (Input/output error), now stop, "))
    #expect(run.lines[2] == "  The document has this change; the device should make it.")
    #expect(run.lines[3] == "  The state is unchanged: stop.")
  }

  @Test("and says that only a reset leaves the error state")
  func errorState() throws {
    let run = try vfioscope("step", "sim:v1-reference,fail=stop:EIO:error", "stop", "running")
    #expect(run.status == .exited(3))
    #expect(run.lines.last == "  The device is in its error state; only a reset leaves it.")
  }

  @Test("because a resuming device refuses to run without data")
  func noData() throws {
    let run = try vfioscope("step", "sim:v2-reference", "resuming", "running", "--yes")
    #expect(run.status == .exited(3))
    #expect(run.lines.contains("  A device refuses to leave RESUMING when its data is bad or incomplete."))
  }
}

@Suite("step also takes")
struct StepOtherRequestTests {
  @Test("a reset, after which the device runs", arguments: ["v1-reference", "v2-reference"])
  func reset(profile: String) throws {
    for state in ["error", "stop-copy", "resuming", "running"] {
      let run = try vfioscope("step", "sim:\(profile),state=\(state)", "reset", "stop", "--yes", "--json")
      #expect(run.status == .exited(0), "\(state)")
      let steps = try #require(ParsedJSON(run.output)["steps"]).elements
      #expect(steps.map { $0["requested"] } == ["reset", "stop"])
      #expect(steps.map { $0["reached"] } == ["running", "stop"])
      #expect(steps[0]["path"] == .array(state == "running" ? ["running"] : [.string(state), "running"]))
    }
  }

  @Test("numbers as they are, after the states and in their order")
  func raw() throws {
    let run = try vfioscope("step", "sim:v2-reference", "--raw", "3", "pre-copy", "--raw", "0x1", "--yes", "--json")
    #expect(run.status == .exited(0))
    let steps = try #require(ParsedJSON(run.output)["steps"]).elements
    #expect(steps.map { $0["requested"] } == ["pre-copy", "raw 0x3", "raw 0x1"])
    #expect(steps.map { $0["reached"] } == ["pre-copy", "stop-copy", "stop"])
  }

  @Test("numbers that are no state, which the device refuses", arguments: [("v1", "5"), ("v1", "7"), ("v2", "8")])
  func rawRefused(protocol: String, number: String) throws {
    let run = try vfioscope("step", "sim:\(`protocol`)-reference", "--raw", number, "--yes", "--json")
    #expect(run.status == .exited(3))
    let step = try #require(ParsedJSON(run.output)["steps"]?.elements.first)
    #expect(step["requested"]?.text == "raw 0x\(number)")
    #expect(step["path"] == ["running", .string("0x\(number)")])
    #expect(step["errno"] == "EINVAL")
    #expect(step["reached"] == "running")
  }

  @Test("--trace, and prints the accesses on standard error", arguments: [[], ["--json"]])
  func trace(more: [String]) throws {
    let run = try Invocation(["step", "sim:v2-reference", "stop", "--trace"] + more).finish()
    #expect(run.status == .exited(0))
    #expect(run.lines.count == 1)
    let last = run.errorLines.suffix(3).map { $0.drop { $0 != "F" } }
    #expect(
      last == [
        "FEATURE GET MIG_DEVICE_STATE argsz 16 = 0 [state 2 (RUNNING) fd -1]",
        "FEATURE SET MIG_DEVICE_STATE argsz 16 = 0 [state 1 (STOP) fd -1]",
        "FEATURE GET MIG_DEVICE_STATE argsz 16 = 0 [state 1 (STOP) fd -1]",
      ])
  }
}

@Suite("A step ends the command")
struct StepEndingTests {
  private func ending(_ device: FakeDevice, _ state: V1State) throws -> Failure? {
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: Journal())
    return session.step(.state(.v1(state))).ending
  }

  @Test("not when it went well")
  func done() throws {
    #expect(try ending(.v1(), .stop) == nil)
  }

  @Test("with 1 when the device says that it went and did not")
  func stuck() throws {
    #expect(try ending(FakeDevice.v1().stuck(), .stop) == Failure(.broken))
  }

  @Test("with 1 when a refusal leads where no path goes")
  func landedElsewhere() throws {
    let device = FakeDevice.v1().refusing(V1State.stop, with: .EIO, landingIn: .resuming)
    #expect(try ending(device, .stop) == Failure(.broken))
  }

  @Test("with 3 when the device refuses and keeps its state, or goes to error", arguments: [nil, V1State.error])
  func refused(landing: V1State?) throws {
    let device = FakeDevice.v1().refusing(V1State.stop, with: .EIO, landingIn: landing)
    #expect(try ending(device, .stop) == Failure(.refused))
  }

  @Test("with 3 when the device can't be asked any more")
  func dead() throws {
    let device = FakeDevice.v1()
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: Journal())
    device.die()
    #expect(
      session.step(.state(.v1(.stop))).ending == Failure(.refused, "stop: its state can't be read"))
  }
}
