import Glibc
import TestSupport
import Testing

@Suite("run plays scenarios")
struct RunTests {
  /// A file of this text, which goes away with the folder.
  private func file(_ folder: Tree, _ text: String) throws -> String {
    try folder.write("mine.toml", text)
    return "\(folder.path)/mine.toml"
  }

  private let steps = """
    title = "Mine"
    shows = "That it stops."
    protocol = "v2"

    [[steps]]
    say = "It is asked to stop."
    ask = "stop"

    [[steps]]
    say = "It is \\u001B[31mlooked at."
    expect = { state = "stop" }
    """

  @Test("names those there are, with what they may do")
  func list() throws {
    let run = try vfioscope("run", "--list")
    #expect(run.status == .exited(0))
    #expect(run.lines.count == 20)
    #expect(run.lines.contains("v1-save            1 device   perturb  Save a device's state"))
    #expect(run.lines.first == "SCENARIO           PLAYED ON  MAY DO   SHOWS")
    let scenarios = try #require(try ParsedJSON(try vfioscope("run", "--list", "--json").output)["scenarios"]).elements
    #expect(scenarios.count == 19)
    #expect(scenarios.contains { $0["name"] == "v2-pre-copy" && $0["roles"] == ["source", "destination"] })
  }

  @Test("on the scenario's own devices, and tells each step")
  func text() throws {
    let run = try vfioscope("run", "v1-save")
    #expect(run.status == .exited(0), "\(run.errors)")
    #expect(run.lines.first == "Save a device's state")
    #expect(run.lines.contains("device sim:v1-reference,size=1M"))
    #expect(run.lines.contains { $0.hasPrefix("   ok  read a chunk: 1 chunk, 262144 bytes, now stop-copy, ") })
    #expect(run.lines.contains("played: 7 steps, all as expected"))
    #expect(run.lines.last == "device sim:v1-reference,size=1M: now stop")
  }

  @Test("on the devices that are named, as JSON")
  func json() throws {
    let run = try vfioscope(
      "run", "v2-save-restore", "sim:v2-reference,size=64K", "sim:v2-reference,size=64K,seed=9", "--json", "--yes")
    #expect(run.status == .exited(0), "\(run.errors)")
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.run/1")
    #expect(report["result"] == "played")
    #expect(report["harm"] == "lose")
    #expect(report["not_done"] == [])
    let devices = try #require(report["devices"]).elements
    #expect(devices.map { $0["state"] } == ["stop", "running"])
    #expect(devices.map { $0["role"] } == ["source", "destination"])
    #expect(devices.allSatisfy { $0["journal"] == .null })
    let steps = try #require(report["steps"]).elements
    #expect(steps.count == 9)
    #expect(steps[1]["expected"] == "state stop-copy, data_fd = 1")
    #expect(steps.allSatisfy { $0["result"] == "ok" && ($0["duration_us"]?.value ?? -1) >= 0 })
  }

  @Test("from a file, without its escapes")
  func fromFile() throws {
    let folder = try Tree()
    let run = try vfioscope("run", try file(folder, steps), "sim:v2-reference,size=64K")
    #expect(run.status == .exited(0), "\(run.errors)")
    #expect(!run.output.contains("\u{1B}"))
    #expect(run.lines.contains("   ok  ask for stop: now stop, ") == false)
    #expect(run.lines.contains { $0.hasPrefix("   ok  ask for stop: now stop, ") })
  }

  @Test("and prints the file of one that ships, which can be played as such")
  func prints() throws {
    let printed = try vfioscope("run", "v2-no-way-back", "--print")
    let folder = try Tree()
    let run = try vfioscope("run", try file(folder, printed.output))
    #expect(run.status == .exited(0), "\(run.errors)")
  }

  @Test("and ends with 1 at the first step that comes out otherwise, with the journal up to there")
  func failure() throws {
    let run = try vfioscope("run", "v1-save", "sim:v1-reference,size=64K,fail=stop-copy:EIO:error")
    #expect(run.status == .exited(1))
    #expect(
      run.lines.contains(
        "not as expected: step 1 (ask for stop-copy): expected success, seen EIO (Input/output error); "
          + "expected state stop-copy, seen error"))
    #expect(run.lines.contains { $0.hasPrefix("   FAILED  ask for stop-copy: EIO (Input/output error), now error, ") })
    #expect(run.lines.contains("journal of device sim:v1-reference,size=64K,fail=stop-copy:EIO:error:"))
    #expect(run.lines.contains { $0.contains("write region 9 +0x0 4 bytes device_state = EIO") })
    #expect(run.lines.last?.hasSuffix(": now error") == true)
    let report = try ParsedJSON(
      try vfioscope("run", "v1-error-reset", "sim:v1-reference,size=64K", "--json", "--yes").output)
    #expect(report["result"] == "failed")
    #expect(report["not_done"]?.elements.count == 3)
    #expect(report["devices"]?.elements.first?["journal"]?.elements.isEmpty == false)
  }

  @Test("but not what loses a device's state without a confirmation")
  func unarmed() throws {
    let served = try Served("sim:v2-reference,size=64K")
    let run = try vfioscope("run", "v2-save-restore", "sim:v2-reference,size=64K", served.name, "--trace")
    #expect(run.status == .exited(4))
    #expect(run.output.isEmpty)
    #expect(
      run.errorLines.last
        == "vfioscope: v2-save-restore: sim:v2-reference,size=64K is stopped for a while; \(served.name) "
        + "loses its state; say --yes if you mean it")
    #expect(!run.errors.contains("SET MIG_DEVICE_STATE argsz 16"))
    // Its own devices are simulated, and end with the command.
    #expect(try vfioscope("run", "v2-save-restore").status == .exited(0))
  }

  @Test("from a file that names no device, by the name the user gave it")
  func namesNoDevice() throws {
    let folder = try Tree()
    let path = try file(folder, steps)
    let run = try vfioscope("run", path)
    #expect(run.status == .exited(2))
    #expect(run.errorLines == ["vfioscope: \(path) names no device itself: name one"])
  }

  @Test("and refuses a broken file with its line and what was expected")
  func broken() throws {
    let folder = try Tree()
    let path = try file(folder, steps.replacing("\"stop\"\n\n", with: "\"halt\"\n\n"))
    let run = try vfioscope("run", path, "sim:v2-reference", "--yes")
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vfioscope: \(path):7: \"halt\" is no state of v2, expected "))
  }

  @Test(
    "and says what is wrong with the command",
    arguments: [
      (["nothing"], "nothing: ENOENT (No such file or directory), and no scenario of this name; see run --list"),
      (["/"], "/: EISDIR (Is a directory)"),
      (["v1-save", "sim:v2-reference"], "v1-save is for protocol v1, the device speaks v2."),
      (["v2-pre-copy", "sim:v2-reference"], "v2-pre-copy is played on 2 devices: a source and a destination"),
      (
        ["v2-pre-copy", "sim:v2-reference,flags=1", "sim:v2-reference", "--yes"],
        "v2-pre-copy asks for pre-copy, which the source does not have."
      ),
      (["v1-save", "--steps"], "--steps needs a terminal; without it the scenario is played at once"),
      ([], "name a scenario, or see --list"),
      (["v1-save", "--list"], "--list takes no scenario"),
    ] as [([String], String)])
  func usage(arguments: [String], words: String) throws {
    let run = try Invocation(["run"] + arguments).finish()
    #expect(run.status == .exited(2))
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test("and ends with 1 at the step that does not come back, with the journal up to there")
  func hangs() throws {
    let device = "sim:v1-reference,size=64K,hang=stop"
    let run = try vfioscope("run", "v1-shutdown", device, "--timeout", "0.5")
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.hasPrefix("   FAILED  ask for stop: no answer for 0.5 s to stop (write region 9") })
    #expect(
      run.lines.contains { $0.hasPrefix("not as expected: step ") && $0.contains(" (ask for stop): no answer for") })
    #expect(run.lines.contains("journal of device \(device):"))
    #expect(run.lines.last == "device \(device): now in an unknown state")
    let report = try ParsedJSON(
      vfioscope("run", "v1-shutdown", device, "--timeout", "0.5", "--json").output)
    #expect(report["result"] == "failed")
    #expect(report["steps"]?.elements.last?["result"] == "failed")
    #expect(report["devices"]?.elements.first?["journal"]?.elements.isEmpty == false)
    #expect(run.errors.contains("no answer for 0.5 s to stop (write region 9"), "\(run.errors)")
    #expect(run.errors.contains("last seen in running"))
  }
}
