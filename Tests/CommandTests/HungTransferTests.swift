import Glibc
import TestSupport
import Testing

/// save, load and migrate with a device that never answers.
@Suite("A transfer whose device hangs")
struct HungTransferTests {
  private static let device = "sim:v2-reference,size=64K,hang=stop-copy"
  private let folder: Tree

  init() throws {
    folder = try Tree()
  }

  private var file: String { "\(folder.path)/x" }
  private var hasPart: Bool { access("\(file).part", F_OK) == 0 }

  @Test("is given up after the time-out, with the call and the state last seen, and leaves no part of a file")
  func save() throws {
    let run = try vfioscope("save", Self.device, "-o", file, "--pre-copy", "--timeout", "2")
    #expect(run.status == .exited(3))
    #expect(!hasPart)
    let call = "stop-copy (FEATURE SET MIG_DEVICE_STATE argsz 16)"
    #expect(run.errors.contains("waiting for \(Self.device): \(call) for 1 s"))
    #expect(run.errors.contains("\(Self.device): no answer for 2 s to \(call) (--timeout)"))
    #expect(run.errors.contains("device \(Self.device): last seen in pre-copy"))
    #expect(run.errors.contains("can't be cancelled"))
    #expect(run.errors.contains("step \(Self.device) reset"))
  }

  /// It may be the only copy of what the device holds.
  @Test("keeps the file that has all of its data", arguments: [false, true])
  func saved(json: Bool) throws {
    let device = "sim:v2-reference,size=1M,fault=hang:running"
    let run = try Invocation(["save", device, "-o", file, "--timeout", "1"] + (json ? ["--json"] : [])).finish()
    #expect(run.status == .exited(3))
    let words = "all of its data is in \(file), which is whole"
    #expect(run.errors.contains("vfioscope: \(words)\n") && !hasPart)
    if json { #expect(try ParsedJSON(run.output)["error"]?.text?.hasSuffix("; \(words)") == true) }
    #expect(try vfioscope("stream", "info", file).status == .exited(0))
    #expect(try vfioscope("load", "sim:v2-reference,size=1M", "-i", file, "--yes").status == .exited(0))
  }

  @Test("while it goes back says why it had to")
  func reason() throws {
    let (source, destination) = ("sim:v2-reference,size=2M,fault=hang:running", "sim:v2-reference,size=2M,break=1M")
    let run = try vfioscope("migrate", source, destination, "--yes", "--timeout", "1")
    #expect(run.status == .exited(3))
    let words = "\(source): no answer for 1 s to running (FEATURE SET MIG_DEVICE_STATE argsz 16), after destination "
    #expect(run.errors.contains("\(words)\(destination): write data fd"))
    #expect(run.errors.contains("EIO"))
  }

  @Test("is one of several that are named when it is ended by a second Ctrl-C")
  func interruptedMigration() throws {
    let (source, destination) = ("sim:v2-reference,size=64K", "sim:v2-reference,size=64K,seed=2,hang=running")
    let invocation = try Invocation(["migrate", source, destination, "--yes"])
    while try !invocation.errorLine().contains("waiting for") {}
    invocation.signal(SIGINT)
    while try !invocation.errorLine().contains("Ctrl-C again ends at once") {}
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .killed(by: SIGINT))
    #expect(run.errors.contains("not known: vfioscope show \(source), vfioscope show \(destination)"))
  }

  @Test("says of each device of a migration where it was last seen")
  func migrate() throws {
    let (source, destination) = ("sim:v1-reference,size=64K", "sim:v1-reference,size=64K,hang=running")
    let run = try vfioscope("migrate", source, destination, "--yes", "--timeout", "0.5", "--json")
    #expect(run.status == .exited(3))
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.migrate/1")
    #expect(report["result"] == "error")
    #expect(report["error"] == "no answer for 0.5 s to running (write region 9 +0x0 4 bytes)")
    #expect(report["error_device"]?.text == destination)
    #expect(report["bytes"] == .null)
    #expect(report["devices"]?.elements.map { $0["state"] } == ["stop-copy", "resuming"])
    let done = try vfioscope("migrate", source, "sim:v1-reference,size=64K", "--yes", "--json")
    #expect(report.keys == (try ParsedJSON(done.output)).keys)
    #expect(run.errors.contains("\(destination): no answer for 0.5 s to running (write region 9 +0x0 4 bytes)"))
    #expect(run.errors.contains("source \(source): last seen in stop-copy"))
    #expect(run.errors.contains("destination \(destination): last seen in resuming"))
  }

  @Test("that is the source lets the destination be reset")
  func source() throws {
    let (source, destination) = ("sim:v2-reference,size=64K,hang=stop-copy", "sim:v2-reference,size=64K,seed=2")
    let run = try vfioscope("migrate", source, destination, "--yes", "--timeout", "0.5", "--trace")
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("RESET = 0"))
    #expect(run.errors.contains("destination \(destination): last seen in running, after a reset"))
  }

  @Test("of a pair lets the other pairs go back", arguments: ["", ",flags=1"])
  func otherPair(flags: String) throws {
    let device = "sim:v2-reference,size=64K\(flags)"
    let (first, hangs) = ("\(device),seed=1", "\(device),hang=stop-copy")
    let (other, another) = ("\(device),seed=3", "\(device),seed=4")
    let run = try vfioscope("migrate", first, other, hangs, another, "--yes", "--timeout", "0.5")
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("source \(first): last seen in running\n"))
    for destination in [other, another] {
      #expect(run.errors.contains("destination \(destination): last seen in running, after a reset"))
    }
    #expect(run.errors.contains("show \(hangs), and bring"))
    #expect(!run.errors.contains("show \(first)"))
  }

  @Test("and may run any moment keeps all sources stopped")
  func startingPair() throws {
    let (first, second) = ("sim:v2-reference,size=64K,seed=1", "sim:v2-reference,size=64K,seed=2")
    let (other, hangs) = ("sim:v2-reference,size=64K,seed=3", "sim:v2-reference,size=64K,hang=running")
    let run = try vfioscope("migrate", first, other, second, hangs, "--yes", "--timeout", "0.5")
    #expect(run.status == .exited(3))
    for source in [first, second] { #expect(run.errors.contains("source \(source): last seen in stop-copy\n")) }
    #expect(run.errors.contains("destination \(other): last seen in running, after a reset"))
  }

  @Test("is ended at once by a second Ctrl-C, and leaves no part of a file")
  func interrupted() throws {
    let invocation = try Invocation(["save", Self.device, "-o", file, "--pre-copy"])
    while try !invocation.errorLine().contains("waiting for") {}
    #expect(hasPart)
    invocation.signal(SIGINT)
    while try !invocation.errorLine().contains("Ctrl-C again ends at once") {}
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .killed(by: SIGINT))
    #expect(!hasPart)
  }

  @Test("is not one that only takes its time")
  func slow() throws {
    let run = try vfioscope(
      "save", "sim:v2-reference,size=64K,flags=1,latency=300ms", "-o", file, "--timeout", "30", "--json")
    #expect(run.status == .exited(0))
    #expect(run.errors == "")
  }
}
