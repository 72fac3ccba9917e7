import Glibc
import TestSupport
import Testing

@Suite("When standard output does not take everything")
struct OutputTests {
  @Test("because the reader has enough, the program ends and says nothing")
  func readerGone() throws {
    let run = try Invocation(["show", "sim:v1-reference", "--watch", "0.01"])
    #expect(try run.line() == "device    sim:v1-reference")
    run.closeOutput()
    let end = try run.finish()
    #expect(end.status == .killed(by: SIGPIPE))
    #expect(end.errors.isEmpty)
  }

  @Test("because of head, a shell's pipe is done and shows one line")
  func head() throws {
    let script = "'\(try builtProgram("vfioscope"))' list --demo | head -1"
    let end = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(end.status == .exited(0))
    #expect(end.lines.count == 1)
    #expect(end.output.hasPrefix("GROUP "))
    #expect(end.errors.isEmpty)
  }

  @Test("because the disk is full, the program says so", arguments: ["list --demo", "list --demo --json", "--demo"])
  func diskFull(arguments: String) throws {
    let script = "'\(try builtProgram("vfioscope"))' \(arguments) >/dev/full"
    let end = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(end.status == .exited(3))
    #expect(end.errors == "vfioscope: standard output: ENOSPC (No space left on device)\n")
  }

  @Test("step asks the device for nothing more")
  func stepOnFullDisk() throws {
    let script = "'\(try builtProgram("vfioscope"))' step sim:v2-reference stop running --trace >/dev/full"
    let end = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(end.status == .exited(3))
    #expect(end.errorLines.filter { $0.contains("FEATURE SET ") }.count == 1)
  }
}
