import Glibc
import Rulebook
import TestSupport
import Testing

@testable import vfioscope

@Suite("fault")
struct FaultTests {
  @Test("Ctrl-C ends them in order, with the device as it was")
  func interrupted() throws {
    let invocation = try Invocation([
      "fault", "sim:v2-reference,size=64K,latency=20ms", "cut-stream", "doubled-stream", "--yes", "--trace",
    ])
    while try !invocation.errorLine().contains("RESUMING") {}
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("the run was given up"))
    #expect(run.lines.contains("  state running"))
    #expect(!run.output.contains("doubled-stream"))
  }

  @Test(
    "is refused by a device that keeps the protocol, and leaves it running",
    arguments: ["v1-reference", "v2-reference"])
  func refused(profile: String) throws {
    let rules = try #require(Rule.Rules(rawValue: String(profile.prefix(2))))
    let names = UserFault.all.filter { $0.applies(to: rules) }.map(\.name)
    #expect(names.contains("cut-stream"))
    let run = try Invocation(["fault", "sim:\(profile),size=64K"] + names + ["--yes", "--json"]).finish()
    #expect(run.status == .exited(0), "\(run.errors)\(run.output)")
    for fault in try #require(try ParsedJSON(run.output)["faults"]).elements {
      let name = fault["name"]?.text ?? ""
      #expect(fault["state"] == "running", "\(name)")
      for finding in fault["findings"]?.elements ?? [] {
        #expect(["pass", "info", "skip"].contains(finding["verdict"]?.text), "\(name): \(finding)")
      }
    }
  }

  @Test("that goes through in silence is told, with what was to be expected")
  func silent() throws {
    let run = try vfioscope(
      "fault", "sim:v2-reference,size=64K,defect=V2-RES-01", "cut-stream", "--yes")
    #expect(run.status == .exited(1))
    #expect(run.lines.first == "cut-stream: Saves the device and loads its data again, the first half of them alone.")
    #expect(run.lines.contains { $0.contains("fail  V2-RES-01  All of it was taken in silence") })
    #expect(run.lines.last == "  state running")
  }

  @Test("that closes the device closes the connection to a server, and opens another one")
  func closes() throws {
    let served = try Served("sim:v1-reference,size=64K", "--keep")
    let run = try vfioscope("fault", served.name, "close-device", "--yes", "--trace")
    #expect(run.status == .exited(0), "\(run.errors)")
    #expect(run.lines.contains { $0.contains("info  V1-STATE-01  Closed in pre-copy, it is opened in pre-copy") })
    #expect(run.lines.last == "  state running")
    #expect(run.errors.contains("close and open again"))
    // A server that takes one client has none for the second time.
    let once = try Served("sim:v1-reference,size=64K")
    let lost = try vfioscope("fault", once.name, "close-device", "--yes")
    #expect(lost.status == .exited(1))
    #expect(lost.output.contains("Closed in pre-copy, it can't be opened again:"))
    #expect(lost.lines.last == "  state unknown")
  }

  @Test("that loses the device's state needs --yes where nobody can be asked")
  func confirmed() throws {
    let served = try Served("sim:v1-reference,size=64K", "--keep")
    let run = try vfioscope("fault", served.name, "flipped-stream")
    #expect(run.status == .exited(4))
    #expect(run.output.isEmpty)
    #expect(
      run.errorLines == [
        "vfioscope: flipped-stream: it may reset the device, which loses its state; say --yes if you mean it"
      ])
    // One that is simulated here is gone in the end anyway.
    #expect(try vfioscope("fault", "sim:v1-reference,size=64K", "flipped-stream").status == .exited(0))
  }

  @Test("of devices is told from one of users")
  func ofDevices() throws {
    let run = try vfioscope("fault", "sim:v2-reference", "hang:stop")
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("hang is a fault of devices, for sim:PROFILE,fault=hang:stop or serve --fault"))
  }

  @Test("that there is not, or not for this protocol, is refused", arguments: ["nothing", "back-to-pre-copy"])
  func unknown(name: String) throws {
    let run = try vfioscope("fault", "sim:v1-reference", name)
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
  }

  @Test("may do no more than it says")
  func harm() throws {
    let book = try Rulebook.shipped.get()
    for fault in UserFault.all {
      for rule in Rule.Rules.allCases.flatMap({ fault.rules(in: $0) }) {
        let harm = try #require(book.rule(rule)).harm
        #expect(harm <= fault.harm, "\(fault.name): \(rule) may \(harm)")
      }
    }
  }

  @Test("of both kinds are listed")
  func list() throws {
    let run = try vfioscope("fault", "--list")
    #expect(run.lines.contains { $0.hasPrefix("  cut-stream ") })
    #expect(run.lines.contains { $0.hasPrefix("  refuse-state:STATE/ERRNO[/N]  ") })
    let json = try ParsedJSON(vfioscope("fault", "--list", "--json").output)
    #expect(json["of_users"]?.elements.contains { $0["name"] == "skip-a-step" && $0["protocols"] == ["v1"] } == true)
    #expect(json["of_devices"]?.elements.contains { $0["name"] == "hang" && $0["value"] == "STATE" } == true)
  }
}
