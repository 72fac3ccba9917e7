import TestSupport
import Testing

@Suite("What may do harm needs --yes where nobody can be asked")
struct ArmingTests {
  /// A device, what is asked of it, and why that is not done just so.
  private static let harmful: [(device: String, request: [String], why: String)] = [
    ("sim:v1-reference", ["resuming"], "resuming: stops the device, the device's own state is lost"),
    ("sim:v1-reference", ["reset"], "reset: a reset loses the device's state"),
    ("sim:v1-reference", ["--raw", "1"], "raw 0x1: a number that is not a state may crash a device or its server"),
    ("sim:v1-reference,state=error", ["running"], "running: only a reset leaves the error state"),
    ("sim:v2-reference", ["resuming"], "resuming: stops the device, the device's own state is lost"),
    ("sim:v2-reference", ["reset"], "reset: a reset loses the device's state"),
    ("sim:v2-reference", ["--raw", "2"], "raw 0x2: a number that is not a state may crash a device or its server"),
    ("sim:v2-reference,state=stop", ["pre-copy"], "runs the device for a moment on the way"),
    ("sim:v2-reference,state=pre-copy", ["stop"], "runs the device for a moment on the way"),
  ]

  /// Whether a trace holds an access that changes the device.
  private func changes(_ trace: [String]) -> Bool {
    trace.contains { $0.contains("FEATURE SET ") || $0.contains(" write region ") || $0.contains(" RESET ") }
  }

  @Test("without it nothing is changed", arguments: harmful)
  func refused(device: String, request: [String], why: String) throws {
    let run = try Invocation(["step", device, "--trace"] + request).finish()
    #expect(run.status == .exited(4))
    #expect(run.output.isEmpty)
    #expect(!changes(run.errorLines))
    let line = try #require(run.errorLines.last)
    #expect(line.hasPrefix("vfioscope: "))
    #expect(line.contains(why))
    #expect(line.hasSuffix("; say --yes if you mean it"))
  }

  @Test("with it the device is asked", arguments: harmful)
  func armed(device: String, request: [String], why: String) throws {
    let run = try Invocation(["step", device, "--trace", "--yes"] + request).finish()
    #expect(run.status == .exited(device.contains("error") ? 3 : 0))
    #expect(!run.output.isEmpty)
    #expect(changes(run.errorLines))
  }

  @Test("what does no harm needs none")
  func harmless() throws {
    #expect(try vfioscope("step", "sim:v1-reference", "stop-copy", "stop", "running").status == .exited(0))
  }

  @Test("what was done before stays done, and the rest is told as not done")
  func halfWay() throws {
    let run = try vfioscope("step", "sim:v2-reference", "stop", "pre-copy", "running", "--json")
    #expect(run.status == .exited(4))
    let report = try ParsedJSON(run.output)
    #expect(report["steps"]?.elements.map { $0["reached"] } == ["stop"])
    #expect(report["not_done"] == ["pre-copy", "running"])
    #expect(report["state"] == "stop")
  }

  @Test("a v2 device in ERROR is asked for no state even with it: the kernel would warn", arguments: [[], ["--yes"]])
  func errorOfV2(more: [String]) throws {
    let run = try Invocation(["step", "sim:v2-reference,state=error", "running", "--trace"] + more).finish()
    #expect(run.status == .exited(4))
    #expect(!changes(run.errorLines))
    #expect(run.errorLines.last?.contains("the device is in ERROR, which only a reset leaves: ask for reset") == true)
  }
}
