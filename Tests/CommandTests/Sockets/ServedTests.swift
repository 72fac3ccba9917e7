import Glibc
import TestSupport
import Testing

/// Commands of one process on a device that another one serves.
@Suite("A device behind a vfio-user socket")
struct ServedTests {
  private static let devices = ["sim:v1-reference,size=512K", "sim:v2-reference,size=512K"]

  @Test("is shown as it is shown without one", arguments: devices)
  func show(device: String) throws {
    let served = try Served(device, "--keep")
    let direct = try ParsedJSON(try vfioscope("show", device, "--json").output)
    let run = try vfioscope("show", served.name, "--json")
    #expect(run.errors == "")
    let report = try ParsedJSON(run.output)
    #expect(report["protocol"] == direct["protocol"])
    #expect(report["state"] == direct["state"])
    #expect(report["interface"] == "vfio-user")
  }

  @Test("is served until its server is told to end, and the socket goes", arguments: [SIGINT, SIGTERM, SIGHUP])
  func end(signal: Int32) throws {
    let served = try Served("sim:v2-reference,size=64K", "--keep")
    #expect(served.exists)
    served.server.signal(signal)
    #expect(try served.server.finish().status == .exited(0))
    #expect(!served.exists)
  }

  @Test("gives and takes all of the data when its calls are interrupted")
  func interrupted() throws {
    let (device, folder) = ("sim:v2-reference,size=3M,dirty=0", try Tree())
    let direct = try ParsedJSON(try vfioscope("save", device, "-o", "\(folder.path)/direct", "--json").output)
    let served = try Served(device + ",fault=interrupted")
    let run = try vfioscope("save", served.name, "-o", "\(folder.path)/served", "--json")
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(report["bytes"] == direct["bytes"])
    #expect(report["sha256"] == direct["sha256"])
    let target = try Served("sim:v2-reference,size=3M,dirty=0,seed=2,fault=interrupted")
    let load = try vfioscope("load", target.name, "-i", "\(folder.path)/direct", "--yes", "--json")
    #expect(load.status == .exited(0))
    #expect(try ParsedJSON(load.output)["bytes"] == direct["bytes"])
  }

  @Test("takes steps, and refuses what the protocol refuses", arguments: devices)
  func step(device: String) throws {
    let served = try Served(device, "--keep")
    let run = try vfioscope("step", served.name, "pre-copy", "stop-copy", "stop", "running", "reset", "--yes")
    #expect(run.status == .exited(0))
    #expect(run.lines.count { $0.contains(": ok, now ") } == 5)
    let refused = try vfioscope("step", served.name, "error", "--yes")
    let direct = try vfioscope("step", device, "error", "--yes")
    #expect(refused.status == direct.status)
    #expect(refused.status != .exited(0))
  }

  @Test("gives the same bytes, and takes them", arguments: devices, [[], ["--pre-copy"]])
  func data(device: String, more: [String]) throws {
    let served = try Served(device, "--keep")
    let direct = try Invocation(["save", device, "-o", served.beside("a"), "--json"] + more).finish()
    let saved = try Invocation(["save", served.name, "-o", served.beside("b"), "--json"] + more).finish()
    #expect(saved.status == .exited(0))
    #expect(saved.errors == "")
    let report = try ParsedJSON(saved.output)
    #expect(report["sha256"] == (try ParsedJSON(direct.output))["sha256"])
    let loaded = try vfioscope("load", served.name, "-i", served.beside("b"), "--yes", "--json")
    #expect(loaded.status == .exited(0))
    let back = try ParsedJSON(loaded.output)
    #expect(back["sha256"] == report["sha256"])
    #expect(back["devices"]?.elements.map { $0["state"] } == ["running"])
  }

  @Test("lets its data window be mapped by a client, who finds and leaves the same bytes there")
  func mappedWindow() throws {
    let served = try Served("sim:v1-reference,size=512K,map=only", "--keep")
    let direct = try Invocation(["save", served.device, "-o", served.beside("a"), "--json"]).finish()
    let saved = try Invocation(["save", served.name, "-o", served.beside("b"), "--access", "map", "--json"]).finish()
    #expect(saved.status == .exited(0), "\(saved.errors)")
    #expect(try ParsedJSON(saved.output)["sha256"] == ParsedJSON(direct.output)["sha256"])
    let loaded = try vfioscope("load", served.name, "-i", served.beside("b"), "--access", "map", "--yes")
    #expect(loaded.status == .exited(0), "\(loaded.errors)")
  }

  @Test("moves to another one, and to and from one without a socket", arguments: devices)
  func migrate(device: String) throws {
    let (source, target) = (try Served("\(device),dirty=1M", "--keep"), try Served("\(device),seed=7", "--keep"))
    for pair in [[source.name, target.name], [target.name, "\(device),seed=3"], ["\(device),seed=4", target.name]] {
      let run = try Invocation(["migrate"] + pair + ["--yes", "--json"]).finish()
      #expect(run.status == .exited(0), "\(run.errors)")
      let report = try ParsedJSON(run.output)
      #expect(report["devices"]?.elements.map { $0["state"] } == ["stop", "running"])
    }
  }

  @Test("without estimates, pre-copy ends when the device could be emptied")
  func preCopyEnds() throws {
    let served = try Served("sim:v2-reference,size=512K,dirty=256K")
    let run = try vfioscope("save", served.name, "-o", served.beside("x"), "--pre-copy", "--json")
    #expect(try ParsedJSON(run.output)["pre_copy"]?["verdict"] == "target met")
  }

  @Test("shows its dirty pages", arguments: ["container", "device"])
  func dirtyPages(by: String) throws {
    let served = try Served(by == "device" ? "sim:v2-reference,dma=4M" : "sim:v1-reference,dma=4M")
    let run = try vfioscope("dirty", served.name, "--reports", "2", "--interval", "0.2", "--json")
    #expect(run.status == .exited(0), "\(run.errors)")
    let lines = try run.lines.map { try ParsedJSON($0) }
    #expect(lines.first?["by"] == ParsedJSON.string(by))
    #expect(try lines.contains { try #require($0["dirty_pages"]?.value ?? 0) > 0 })
  }

  @Test("stays as a client left it, or is reset")
  func disconnect() throws {
    let kept = try Served("sim:v2-reference,size=64K", "--keep")
    _ = try vfioscope("step", kept.name, "stop")
    #expect(try ParsedJSON(try vfioscope("show", kept.name, "--json").output)["state"]?["name"] == "stop")
    let reset = try Served("sim:v2-reference,size=64K", "--keep", "--on-disconnect", "reset")
    _ = try vfioscope("step", reset.name, "stop")
    #expect(try ParsedJSON(try vfioscope("show", reset.name, "--json").output)["state"]?["name"] == "running")
  }

  @Test("leaves no socket behind, whether its client leaves or it is told to end", arguments: [true, false])
  func leavesNothing(keeps: Bool) throws {
    let served = keeps ? try Served("sim:v2-reference,size=64K", "--keep") : try Served("sim:v2-reference,size=64K")
    #expect(served.exists)
    #expect(try vfioscope("show", served.name).status == .exited(0))
    let ended = keeps ? try served.end() : try served.server.finish()
    #expect(ended.status == .exited(0))
    #expect(!served.exists)
  }

  @Test("is not served twice at one place; what a dead server left there is replaced, a file is not")
  func places() throws {
    let served = try Served("sim:v2-reference,size=64K", "--keep")
    let second = try vfioscope("serve", "sim:v2-reference", "--socket", served.path)
    #expect(second.status == .exited(3))
    #expect(second.errorLines == ["vfioscope: \(served.path): another server listens there"])
    #expect(try vfioscope("show", served.name).status == .exited(0))
    served.server.signal(SIGKILL)
    _ = try served.server.finish()
    #expect(served.exists)
    let dead = try vfioscope("show", served.name)
    #expect(dead.status == .exited(3))
    #expect(dead.errorLines.count == 1)
    #expect(dead.errors.contains("ECONNREFUSED"))
    let again = try Invocation(["serve", "sim:v2-reference", "--socket", served.path])
    #expect(try again.errorLine().contains("is served at"))
    #expect(try vfioscope("show", served.name).status == .exited(0))
    _ = try again.finish()
    let file = try vfioscope("serve", "sim:v2-reference", "--socket", "/etc/hostname")
    #expect(file.errorLines == ["vfioscope: /etc/hostname: there is a file of that name, and it is no socket"])
    let long = try vfioscope("serve", "sim:v2-reference", "--socket", "/tmp/" + String(repeating: "x", count: 200))
    #expect(long.errorLines.first?.contains("ENAMETOOLONG") == true)
  }

  @Test("a server that dies in the middle of a transfer is told, and leaves no file")
  func dies() throws {
    let served = try Served("sim:v2-reference,size=64M,access-latency=2ms", "--keep")
    let save = try Invocation(["save", served.name, "-o", served.beside("x")])
    // It has begun when there is a file.
    while access(served.beside("x.part"), F_OK) != 0 { usleep(1000) }
    served.server.signal(SIGKILL)
    let run = try save.finish()
    #expect(run.status == .exited(1))
    #expect((run.output + run.errors).contains("the connection is lost"))
    #expect(access(served.beside("x.part"), F_OK) != 0)
    #expect(access(served.beside("x"), F_OK) != 0)
  }

  @Test("the server says what is asked of it")
  func trace() throws {
    let served = try Served("sim:v2-reference,size=64K", "--trace")
    #expect(try vfioscope("step", served.name, "stop").status == .exited(0))
    let run = try served.server.finish()
    #expect(run.errors.contains("> 1 VERSION major 0 minor 2"))
    #expect(run.errors.contains("DEVICE_FEATURE argsz 16 flags 0x20002 (SET MIG_DEVICE_STATE STOP)"))
    #expect(run.errorLines.last == "vfioscope: the client has left")
  }
}
