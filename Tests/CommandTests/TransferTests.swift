import Glibc
import TestSupport
import Testing

/// save, load and migrate as a user calls them, on simulated devices.
@Suite("save, load and migrate")
struct TransferTests {
  private let folder: Tree

  init() throws {
    folder = try Tree()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

  @Test(
    "what one device saves another one loads",
    arguments: ["sim:v1-reference,size=512K", "sim:v2-reference,size=512K"], [[], ["--pre-copy"]])
  func roundTrip(device: String, more: [String]) throws {
    let saved = try Invocation(["save", device, "-o", path("x"), "--json"] + more).finish()
    #expect(saved.status == .exited(0))
    #expect(saved.errors == "")
    let report = try ParsedJSON(saved.output)
    #expect(report["schema"] == "vfioscope.save/1")
    #expect(report["result"] == "ok")
    #expect(report["error"] == .null)
    #expect(report["devices"]?.elements.map { $0["state"] } == ["running"])
    #expect(
      report["phases"]?.elements.map { $0["state"] } == (more.isEmpty ? ["stop-copy"] : ["pre-copy", "stop-copy"]))
    for phase in report["phases"]?.elements ?? [] {
      let (bytes, time) = (try #require(phase["bytes"]?.value), try #require(phase["duration_us"]?.value))
      #expect(abs(try #require(phase["rate_bytes_per_s"]?.value) - bytes / time * 1e6) <= 1)
    }
    #expect(try #require(report["downtime_us"]?.value) > 0)
    #expect(!exists("x.part"))
    let loaded = try vfioscope("load", "\(device),seed=9", "-i", path("x"), "--yes", "--json")
    #expect(loaded.status == .exited(0))
    let back = try ParsedJSON(loaded.output)
    #expect(back["bytes"] == report["bytes"])
    #expect(back["sha256"] == report["sha256"])
    #expect(back["devices"]?.elements.map { $0["state"] } == ["running"])
  }

  @Test("a stream goes through a pipe")
  func pipe() throws {
    let script =
      "\(try builtProgram("vfioscope")) save sim:v2-reference,size=256K -o - 2>/dev/null"
      + " | \(try builtProgram("vfioscope")) load sim:v2-reference,size=256K,seed=2 -i - --yes"
    let run = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(run.status == .exited(0))
    #expect(run.lines.last == "device sim:v2-reference,size=256K,seed=2: now running")
  }

  @Test("a file that is there is not replaced unless it is wanted")
  func replace() throws {
    #expect(try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x")).status == .exited(0))
    let again = try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x"))
    #expect(again.errorLines == ["vfioscope: \(path("x")): is there already; --replace replaces it"])
    #expect(again.status == .exited(3))
    #expect(again.errorLines.count == 1)
    #expect(try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x"), "--replace").status == .exited(0))
  }

  @Test("what is printed never gets into the file", arguments: ["2>&-", ">&-", "<&- >&- 2>&-"])
  func closedOutput(closing: String) throws {
    let script = "exec \(try builtProgram("vfioscope")) save sim:v2-reference,size=2M -o \(path("x")) \(closing)"
    #expect(try Invocation(["-c", script], program: "/bin/sh").finish().status == .exited(0))
    #expect(
      try vfioscope("stream", "info", path("x")).lines.last == "verdict      good: all there, and every checksum fits")
  }

  @Test("a device that has no whole state is left as it is", arguments: ["v1", "v2"], ["resuming", "error"])
  func noState(version: String, state: String) throws {
    let device = "sim:\(version)-reference,size=64K,state=\(state)"
    let save = try vfioscope("save", device, "-o", path("x"))
    let migrate = try vfioscope("migrate", device, "sim:\(version)-reference,size=64K,seed=2", "--yes")
    for run in [save, migrate] {
      #expect(run.status == .exited(1))
      #expect(run.output.contains("the device is in \(state): it has no whole state to be saved"))
      #expect(run.lines.contains { $0.hasSuffix(" \(device): now \(state)") })
    }
    #expect(migrate.lines.last?.hasSuffix("now running") == true)
    #expect(!exists("x") && !exists("x.part"))
  }

  @Test("a file without a name is refused before the device is asked")
  func noName() throws {
    let run = try vfioscope("save", "sim:v2-reference", "-o", "")
    #expect(run.status == .exited(2))
    #expect(run.errors.contains("--output takes a file"))
  }

  @Test("a device that fails half-way leaves no file, and says where it was left")
  func noFile() throws {
    let run = try vfioscope("save", "sim:v2-reference,fail=stop-copy:EIO", "-o", path("x"))
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.contains("not finished: stop-copy was refused: EIO") })
    #expect(run.lines.last == "device sim:v2-reference,fail=stop-copy:EIO: now running")
    #expect(!exists("x") && !exists("x.part"))
  }

  @Test("bounds end it", arguments: [["--max-bytes", "1000"], ["--max-time", "0.001"]])
  func bounds(option: [String]) throws {
    let run = try Invocation(["save", "sim:v2-reference,size=64M", "-o", path("x")] + option).finish()
    #expect(run.status == .exited(1))
    #expect(run.output.contains(option[0]))
    #expect(!exists("x"))
  }

  @Test("a full disk is said on one line, and the device goes on")
  func fullDisk() throws {
    let device = "sim:v2-reference,size=1M"
    let script = "exec \(try builtProgram("vfioscope")) save \(device) -o - >/dev/full"
    let run = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(run.status == .exited(3) || run.status == .exited(1))
    #expect(run.errors.contains("ENOSPC"))
  }

  @Test("a reader that goes away is told on one line, and the device goes on")
  func closedPipe() throws {
    let invocation = try Invocation(["save", "sim:v2-reference,size=64M", "-o", "-"])
    // There is a line feed in the stream's head, and then only in the device's data: it is being read by then.
    for _ in 0..<5 { _ = try invocation.line() }
    invocation.closeOutput()
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.errors.contains("EPIPE"))
    #expect(run.errorLines.last == "device sim:v2-reference,size=64M: now running")
  }

  @Test("a device that goes to its error state half-way is left there, and there is no file")
  func errorHalfWay() throws {
    let run = try vfioscope("save", "sim:v2-reference,break=4M", "-o", path("x"), "--json")
    #expect(run.status == .exited(1))
    let report = try ParsedJSON(run.output)
    #expect(report["error"]?.text?.contains("EIO") == true)
    #expect(report["devices"]?.elements.map { $0["state"] } == ["error"])
    #expect(!exists("x") && !exists("x.part"))
  }

  @Test("a load has to be confirmed, and nothing is done without")
  func confirm() throws {
    #expect(try vfioscope("save", "sim:v1-reference,size=64K", "-o", path("x")).status == .exited(0))
    let run = try vfioscope("load", "sim:v1-reference,size=64K", "-i", path("x"), "--trace")
    #expect(run.status == .exited(4))
    #expect(!run.errorLines.contains { $0.contains("write region") })
  }

  @Test("a damaged file is refused before the device is opened")
  func damaged() throws {
    #expect(try vfioscope("save", "sim:v1-reference,size=64K", "-o", path("x")).status == .exited(0))
    #expect(truncate(path("x"), 5000) == 0)
    let run = try vfioscope("load", "sim:v1-reference,size=64K", "-i", path("x"), "--yes", "--trace")
    #expect(run.status == .exited(3))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("not finished"))
  }

  @Test("a stream of the other protocol is refused")
  func otherProtocol() throws {
    #expect(try vfioscope("save", "sim:v1-reference,size=64K", "-o", path("x")).status == .exited(0))
    let run = try vfioscope("load", "sim:v2-reference,size=64K", "-i", path("x"), "--yes")
    #expect(run.status == .exited(4))
    #expect(run.errors.contains("was saved by protocol v1, sim:v2-reference,size=64K speaks v2"))
  }

  @Test("a device's place is taken by another one")
  func migrate() throws {
    let run = try vfioscope(
      "migrate", "sim:v2-reference,size=1M,dirty=64K", "sim:v2-reference,size=1M,seed=2", "--yes", "--json")
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.migrate/1")
    #expect(report["devices"]?.elements.map { $0["role"] } == ["source", "destination"])
    #expect(report["devices"]?.elements.map { $0["state"] } == ["stop", "running"])
    #expect(report["pre_copy"]?["verdict"] == "target met")
    #expect(report["sha256"]?.text?.count == 64)
    #expect(report["devices"]?.elements.map { $0["sha256"] } == [report["sha256"], report["sha256"]])
  }

  @Test("of several pairs each has its digest")
  func migratePairs() throws {
    let devices = (1...4).map { "sim:v2-reference,size=64K,seed=\($0)" }
    let run = try Invocation(["migrate"] + devices + ["--yes", "--json"]).finish()
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(report["sha256"] == .null)
    let digests = report["devices"]?.elements.compactMap { $0["sha256"]?.text } ?? []
    #expect(digests.count == 4 && digests[0] == digests[1] && digests[2] == digests[3] && digests[0] != digests[2])
    let text = try Invocation(["migrate"] + devices + ["--yes"]).finish().lines
    #expect(text.contains { $0.hasPrefix("SHA-256 of pair 2: ") })
    let without = try Invocation(["migrate"] + devices + ["--yes", "--no-digest"]).finish().lines
    #expect(!without.contains { $0.hasPrefix("SHA-256") })
  }

  @Test("what is made of the bytes can be chosen", arguments: [("crc32c", "good"), ("none", "unchecked")])
  func checksums(which: String, verdict: String) throws {
    let saved = try vfioscope(
      "save", "sim:v2-reference,size=64K", "-o", path("x"), "--checksums", which, "--json")
    #expect(saved.status == .exited(0))
    #expect(try ParsedJSON(saved.output)["sha256"] == .null)
    #expect(try ParsedJSON(vfioscope("stream", "info", path("x"), "--json").output)["verdict"]?.text == verdict)
    let loaded = try vfioscope("load", "sim:v2-reference,size=64K,seed=2", "-i", path("x"), "--yes")
    #expect(loaded.status == .exited(0))
  }

  @Test("a source that changes as fast as it is read is called so, and moved all the same")
  func notConverging() throws {
    let run = try vfioscope(
      "migrate", "sim:v2-reference,size=16M,dirty=2G", "sim:v2-reference,size=16M,seed=2", "--yes", "--json",
      "--downtime-target", "0", "--max-pre-copy-time", "3")
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(report["pre_copy"]?["verdict"] == "not converging")
    #expect(report["devices"]?.elements.map { $0["state"] } == ["stop", "running"])
  }

  @Test("a source that begins anew is called so")
  func reinit() throws {
    let run = try vfioscope(
      "migrate", "sim:v2-reference,size=64K,reinit=20ms", "sim:v2-reference,size=64K,seed=2", "--yes", "--json",
      "--downtime-target", "0", "--max-pre-copy-time", "0.4")
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(try #require(report["reinit"]?.value) > 0)
    let left = try #require(report["phases"]?.elements.first?["left"])
    #expect(left["pending_bytes"] == .null)
    for figure in ["initial_bytes", "dirty_bytes", "stop_copy_length_bytes"] { #expect(left[figure]?.value != nil) }
  }

  @Test("Ctrl-C leaves the source running and the destination reset")
  func interrupted() throws {
    let invocation = try Invocation([
      "migrate", "sim:v2-reference,size=64M,dirty=64G", "sim:v2-reference,size=64M,seed=2", "--yes",
      "--downtime-target", "0",
    ])
    _ = try invocation.errorLine()
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.errors.contains("stopping, and leaving the devices in a safe state"))
    #expect(run.lines.suffix(2).first?.hasSuffix(": now running") == true)
    #expect(run.lines.last?.hasSuffix(": was reset, now running; what it held is lost") == true)
  }

  @Test("a wish to end is one, whoever has it", arguments: [SIGTERM, SIGHUP])
  func toldToEnd(signal: Int32) throws {
    let invocation = try Invocation([
      "save", "sim:v2-reference,size=64M,dirty=64G", "-o", path("x"), "--pre-copy", "--downtime-target", "0",
    ])
    _ = try invocation.errorLine()
    #expect(exists("x.part"))
    invocation.signal(signal)
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.lines.last?.hasSuffix(": now running") == true)
    #expect(!exists("x.part") && !exists("x"))
  }

  /// As when a terminal goes: the system and its shell both say so.
  @Test("a wish to end that comes twice at once is one", arguments: [SIGTERM, SIGHUP])
  func toldTwice(signal: Int32) throws {
    let invocation = try Invocation([
      "save", "sim:v2-reference,size=64M,dirty=64G,latency=200ms", "-o", path("x"), "--pre-copy", "--downtime-target",
      "0",
    ])
    _ = try invocation.errorLine()
    invocation.signal(signal)
    // The device is on its way back now, which takes a while.
    while try !invocation.errorLine().contains("stopping") {}
    invocation.signal(signal)
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.lines.last?.hasSuffix(": now running") == true)
    #expect(!exists("x.part") && !exists("x"))
  }

  @Test("a file whose name is taken meanwhile is told of in the report", arguments: [[], ["--json"]])
  func nameTaken(more: [String]) throws {
    let invocation = try Invocation(["save", "sim:v2-reference,size=4M,rate=8M", "-o", path("x")] + more)
    for _ in 0..<1000 where !exists("x.part") { usleep(10_000) }
    #expect(close(open(path("x"), O_WRONLY | O_CREAT | O_EXCL, 0o600)) == 0)
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.output.contains("\(path("x")): is there already; --replace replaces it"))
    #expect(run.output.contains(more.isEmpty ? "now running" : "\"state\":\"running\""))
    #expect(!exists("x.part"))
  }

  @Test("a destination that can't be reset is told of, and stopped")
  func resetRefused() throws {
    let destination = "sim:v2-reference,size=64K,seed=2,fault=refuse-reset:EIO,fail=running:EIO"
    let run = try vfioscope("migrate", "sim:v2-reference,size=64K", destination, "--yes", "--json")
    #expect(run.status == .exited(1))
    let report = try ParsedJSON(run.output)
    #expect(report["error_device"]?.text == destination)
    #expect(report["devices"]?.elements.map { $0["reset"] } == [.null, false])
    #expect(report["devices"]?.elements.map { $0["state"] } == ["running", "stop"])
    let text = try vfioscope("migrate", "sim:v2-reference,size=64K", destination, "--yes").lines
    #expect(text.contains { $0.hasPrefix("not finished: destination \(destination): running was refused: EIO") })
    #expect(text.last?.contains("could not be reset (EIO") == true)
    #expect(text.last?.hasSuffix("now stop: reset it before it is used") == true)
  }

  @Test("a destination that can't be loaded is left as it was, or reset when it is not")
  func notReady() throws {
    let source = "sim:v2-reference,size=64K"
    let untouched = try ParsedJSON(
      vfioscope("migrate", source, "sim:v2-reference,size=64K,fail=resuming:EIO", "--yes", "--json").output)
    #expect(untouched["devices"]?.elements.map { $0["reset"] } == [.null, .null])
    #expect(untouched["devices"]?.elements.map { $0["state"] } == ["running", "running"])
    let touched = try ParsedJSON(
      vfioscope("migrate", source, "sim:v2-reference,size=64K,fail=resuming:EIO:error", "--yes", "--json").output)
    #expect(touched["devices"]?.elements.map { $0["reset"] } == [.null, true])
    #expect(touched["devices"]?.elements.map { $0["state"] } == ["running", "running"])
  }

  @Test("a device that does not go on after its save is told of with exit code 1, and its file is whole")
  func stranded() throws {
    let device = "sim:v2-reference,size=64K,flags=1,fail=running:EIO"
    let run = try vfioscope("save", device, "-o", path("x"))
    #expect(run.status == .exited(1))
    #expect(
      run.lines.contains {
        $0.hasPrefix("end seen: all data moved, but the device does not go on as before: running was refused: EIO")
      })
    #expect(run.lines.last == "device \(device): now stop")
    #expect(try vfioscope("stream", "info", path("x")).status == .exited(0))
    let report = try ParsedJSON(vfioscope("save", device, "-o", path("y"), "--json").output)
    #expect(report["result"] == "error" && report["sha256"]?.text != nil)
    #expect(report["error"]?.text?.hasPrefix("the device does not go on as before: ") == true)
  }

  @Test("what is left, and how long the device would be stopped now, are told while data moves")
  func figures() throws {
    let save = try vfioscope(
      "save", "sim:v2-reference,size=2M,rate=4M,dirty=0", "-o", path("x"), "--pre-copy", "--downtime-target", "1")
    #expect(save.status == .exited(0))
    #expect(save.errorLines.first?.contains("MiB left, about ") == true)
    #expect(save.errorLines.first?.hasSuffix(" ms if stopped now") == true)
    let load = try vfioscope("load", "sim:v2-reference,size=2M,seed=2,access-latency=80ms", "-i", path("x"), "--yes")
    #expect(load.status == .exited(0))
    #expect(load.errorLines.first?.hasPrefix("resuming: ") == true && load.errorLines.first?.hasSuffix("left") == true)
  }

  @Test("a source that does not go on after a failure is told of, and why")
  func lostWay() throws {
    let (source, target) = ("sim:v2-reference,size=64K,fail=running:EIO", "sim:v2-reference,size=64K,seed=2,break=16K")
    let run = try vfioscope("migrate", source, target, "--yes")
    #expect(run.status == .exited(1))
    let line = "source \(source): did not go on as before, as running was refused: EIO"
    #expect(run.lines.contains { $0.hasPrefix(line) && $0.hasSuffix(", now pre-copy") })
  }

  @Test("bounds of pre-copy are refused where there is none, and save says when there is none")
  func noPreCopy() throws {
    let (plain, stopped) = ("sim:v2-reference,size=64K,flags=1", "sim:v2-reference,size=64K,state=stop")
    let why = [
      plain: "\(plain) has no pre-copy", stopped: "\(stopped) is in stop, and pre-copy is for a device that runs",
    ]
    for device in [plain, stopped] {
      let migrated = try vfioscope(
        "migrate", device, "sim:v2-reference,size=64K,seed=2", "--yes", "--downtime-target", "10")
      let saved = try vfioscope("save", device, "-o", path("x"), "--pre-copy", "--max-pre-copy-time", "1")
      for run in [migrated, saved] {
        #expect(run.status == .exited(2))
        let end = "--downtime-target and --max-pre-copy-time have nothing to end"
        #expect(run.errorLines.contains("vfioscope: \(why[device] ?? ""): \(end)"))
      }
      let told = try vfioscope("save", device, "-o", path("y"), "--pre-copy", "--replace")
      #expect(told.status == .exited(0))
      #expect(told.errorLines == ["vfioscope: \(why[device] ?? ""): all of its data is read while it is stopped"])
    }
    #expect(!exists("x"))
  }

  @Test("what a device had left when pre-copy ended is told, and that more came")
  func pastEstimates() throws {
    let silent = try vfioscope("save", "sim:spdk-v1", "-o", path("x"), "--pre-copy")
    #expect(silent.lines.contains("pre-copy: ended when the device gave no more, 40.1 KiB left"))
    let slow = try vfioscope(
      "save", "sim:mlx5-v1,size=4M,rate=20M", "-o", path("y"), "--pre-copy", "--downtime-target", "50")
    #expect(slow.lines.contains("pre-copy: target of 50.0 ms met"))
    let end = ", over the target of 50.0 ms: the device had more than it had said"
    #expect(slow.lines.contains { $0.hasPrefix("downtime: ") && $0.hasSuffix(end) })
  }

  @Test("a device that refuses its data has a reason that is told")
  func refusedData() throws {
    #expect(try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x")).status == .exited(0))
    let run = try vfioscope("load", "sim:v2-reference,size=128K", "-i", path("x"), "--yes")
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.hasPrefix("A device refuses data that is not for it: of another kind") })
  }

  @Test("a destination of another model is refused untouched, and moved to by force alone")
  func anotherModel() throws {
    let arguments = ["migrate", "sim:v2-reference,size=64K", "sim:mlx5,size=64K", "--yes", "--trace"]
    let run = try Invocation(arguments).finish()
    #expect(run.status == .exited(4))
    #expect(
      run.errorLines.last
        == "vfioscope: sim:v2-reference,size=64K is a device 5649:0002, sim:mlx5,size=64K is 15b3:101e; "
        + "--force moves it all the same, to see what the device does")
    #expect(!run.errors.contains("SET MIG_DEVICE_STATE"))
    let forced = try Invocation(arguments + ["--force"]).finish()
    #expect(forced.status == .exited(0))
    #expect(forced.errors.contains("is 15b3:101e: it may refuse the data, or run with damaged state"))
  }

  @Test("a state that can't be read is not called a refusal of the one that was wanted")
  func unreadable() throws {
    let run = try vfioscope("save", "sim:v2-reference,size=64K,fault=unreadable-state", "-o", path("x"))
    #expect(run.status == .exited(1))
    let why = "not finished: stop-copy was not asked for: its state can't be read: EIO (Input/output error), 0 bytes"
    #expect(run.lines.contains { $0.hasPrefix(why) })
    let ignoring = try vfioscope("save", "sim:v2-reference,size=64K,fault=ignore-state:stop-copy", "-o", path("x"))
    let text = "stop-copy was asked for and the device reported success, but the state read back is running, 0 bytes"
    #expect(ignoring.lines.contains { $0.hasPrefix("not finished: \(text)") })
  }

  @Test("pre-copy that is ended by its time says so, and that the target was missed")
  func preCopyTime() throws {
    let arguments = [
      "migrate", "sim:v2-reference,size=8M,rate=4M", "sim:v2-reference,size=8M,seed=2", "--yes",
      "--max-pre-copy-time", "0.6",
    ]
    let run = try Invocation(arguments).finish()
    #expect(run.status == .exited(0))
    let line = "pre-copy: ended by --max-pre-copy-time before the target of 300.0 ms was met"
    #expect(run.lines.contains { $0.hasPrefix(line) })
    #expect(run.lines.contains { $0.hasPrefix("downtime: ") && $0.hasSuffix(", over the target of 300.0 ms") })
    #expect(!run.errors.contains("0 bytes/s"))
    #expect(run.errorLines.filter { $0.hasPrefix("stop-copy") }.allSatisfy { !$0.contains("converging") })
    let saved = try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x"), "--json")
    #expect(try ParsedJSON(saved.output)["pre_copy"] == .null)
  }

  @Test("the way to a window is refused where there is none", arguments: ["map", "message"])
  func noWindow(access: String) throws {
    let device = "sim:v2-reference,size=64K"
    #expect(try vfioscope("save", device, "-o", path("x")).status == .exited(0))
    for command in [
      ["save", device, "-o", path("y")], ["load", device, "-i", path("x"), "--yes"],
      ["migrate", device, device, "--yes"],
    ] {
      let run = try Invocation(command + ["--access", access]).finish()
      #expect(run.status == .exited(2))
      #expect(run.errorLines.count == 1)
      #expect(run.errors.contains("speaks protocol v2, whose data comes by a descriptor: --access is for the window"))
      #expect(!exists("y") && !exists("y.part"))
    }
  }

  @Test("a stream of another device is refused, and loaded by force alone")
  func anotherDevice() throws {
    #expect(try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x")).status == .exited(0))
    let run = try vfioscope("load", "sim:mlx5,size=64K", "-i", path("x"), "--yes")
    #expect(run.status == .exited(4))
    #expect(run.errors.contains("was saved from a device 5649:0002, sim:mlx5,size=64K is 15b3:101e"))
    let forced = try vfioscope("load", "sim:mlx5,size=64K", "-i", path("x"), "--yes", "--force")
    #expect(forced.errors.contains("was saved from a device"))
    #expect(forced.status == .exited(0))
  }

  @Test("a source that does not stop in the end is told of beside the data that were all moved")
  func runningOnBothSides() throws {
    let source = "sim:v1-reference,size=64K,dirty=0,fail=stop:EIO"
    let run = try vfioscope("migrate", source, "sim:v1-reference,size=64K,dirty=0,seed=2", "--yes")
    #expect(run.status == .exited(1))
    let head = "end seen: all data moved, but source \(source): stop was refused: EIO"
    #expect(run.lines.contains { $0.hasPrefix(head) && $0.contains("it must not run beside its destination") })
  }

  @Test("what a killed save has left is in the way until it may be replaced")
  func leftOver() throws {
    try folder.write("x.part", "left over")
    #expect(chmod(path("x.part"), 0o600) == 0)
    let run = try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x"))
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("was left by a save that was killed; --replace replaces it"))
    #expect(try vfioscope("save", "sim:v2-reference,size=64K", "-o", path("x"), "--replace").status == .exited(0))
    #expect(try vfioscope("stream", "info", path("x")).status == .exited(0))
    #expect(!exists("x.part"))
  }

  @Test(
    "wrong usage is told on one line",
    arguments: [
      ["migrate", "sim:v2-reference"], ["migrate", "sim:v1-reference", "sim:v2-reference", "--yes"],
      ["save", "sim:v2-reference"], ["save", "sim:v2-reference", "-o", "-", "--json"],
      ["save", "sim:v2-reference", "-o", "x", "--max-time", "0"],
      ["save", "sim:v2-reference", "-o", "x", "--downtime-target", "10"],
      ["save", "sim:v2-reference", "-o", "x", "--max-pre-copy-time", "10"],
      ["migrate", "sim:v2-reference", "sim:v2-reference", "--strategy", "stop-copy", "--downtime-target", "10"],
    ])
  func usage(arguments: [String]) throws {
    let run = try Invocation(arguments).finish()
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(run.output == "")
  }
}
