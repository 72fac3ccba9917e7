import Glibc
import TestSupport
import Testing

@Suite("step that is interrupted")
struct StepInterruptionTests {
  @Test("while the device hangs says what was going on, and ends by the signal")
  func hanging() throws {
    let device = "sim:v2-reference,hang=stop-copy"
    let run = try Invocation(["step", device, "stop-copy", "--trace"])
    // The state is read to see whether to ask, and again before the request; the request itself never comes back.
    for _ in 0..<2 { while try !run.errorLine().contains("FEATURE GET MIG_DEVICE_STATE") {} }
    run.signal(SIGINT)
    let end = try run.finish()
    #expect(end.status == .killed(by: SIGINT))
    #expect(end.output.isEmpty)
    let line = "interrupted at step to stop-copy; the state is not known: vfioscope show \(device)"
    #expect(end.errorLines == ["vfioscope: \(line)"])
  }
}
