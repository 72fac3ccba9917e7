import Glibc
import TestSupport
import Testing

@testable import vfioscope

@Suite("check")
struct CheckTests {
  private let brokenDevice = "sim:v1-reference,defect=V1-ACC-05,size=64K"

  @Test("says of a device that it breaks a rule, with the evidence, and ends with 1")
  func broken() throws {
    let run = try vfioscope("check", brokenDevice, "--rules", "V1-ACC-05", "V1-DISC-01")
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.hasPrefix("pass  V1-DISC-01  ") })
    #expect(run.lines.contains { $0.hasPrefix("fail  V1-ACC-05  ") })
    #expect(run.lines.contains { $0.contains("read region 9 +0x4 4 bytes reserved = EINVAL") })
    #expect(run.lines.contains("1 passed, 1 failed, 0 warnings, 0 recorded, 0 skipped"))
    #expect(run.lines.last == "state running, as it was found")
  }

  @Test("of a device that keeps the rules ends with 0", arguments: ["v1-reference", "v2-reference"])
  func healthy(profile: String) throws {
    let run = try vfioscope("check", "sim:\(profile),size=64K", "--allow", "lose", "--json", "-")
    #expect(run.status == .exited(0))
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.check/1")
    #expect(report["counts"]?["fail"] == 0)
    #expect(report["ending"] == "complete")
    #expect(report["state"] == "running")
  }

  /// The limit, in KiB, is on all that the program may write to in memory: less than the state.
  @Test("does not hold a large state in memory", arguments: ["v1-reference", "v2-reference"])
  func largeState(profile: String) throws {
    let script =
      "ulimit -d 50000; exec \(try builtProgram("vfioscope")) check sim:\(profile),size=64M --allow lose"
    let run = try Invocation(["-c", script], program: "/bin/sh").finish()
    #expect(run.status == .exited(0))
    #expect(run.lines.last == "state running, as it was found")
  }

  @Test("checks nothing that changes the device unless that is allowed, and says what was left out")
  func harmless() throws {
    let run = try vfioscope("check", "sim:v2-reference,size=64K,state=stop", "--trace")
    #expect(run.status == .exited(0))
    #expect(run.lines.contains { $0.hasPrefix("left out for safety: ") && $0.hasSuffix("--allow perturb") })
    #expect(run.lines.last == "state stop, as it was found")
    #expect(!run.errorLines.contains { $0.contains("RESET") || $0.contains("= 0 [state 2 (RUNNING) fd") })
  }

  @Test("asks before what may crash a machine, unless the device is simulated")
  func crash() throws {
    let served = try Served("sim:v2-reference,size=64K")
    let refused = try vfioscope("check", served.name, "--allow", "crash")
    #expect(refused.status == .exited(4))
    #expect(refused.errorLines.first?.contains("may crash") == true)
    #expect(try vfioscope("check", "sim:v1-reference,size=64K", "--allow", "crash").status == .exited(0))
  }

  @Test("writes a report for programs and one for test servers")
  func files() throws {
    let tree = try Tree()
    let (json, junit) = ("\(tree.path)/report.json", "\(tree.path)/report.xml")
    let run = try vfioscope(
      "check", brokenDevice, "--rules", "V1-ACC-05", "V1-DISC-01", "--json", json, "--junit", junit)
    #expect(run.status == .exited(1))
    let report = try ParsedJSON(text(of: json))
    #expect(report["findings"]?.elements.map { $0["verdict"] } == ["pass", "fail"])
    let xml = try text(of: junit)
    #expect(xml.contains("tests=\"2\" failures=\"1\" skipped=\"0\""))
    #expect(xml.contains("<testcase classname=\"v1.ACC\" name=\"V1-ACC-05\""))
    #expect(xml.contains("<failure message=\""))
  }

  @Test("a value that was seen once is told in words on the page, and not drawn as a dot")
  func onceSeen() throws {
    let tree = try Tree()
    let page = "\(tree.path)/page.html"
    _ = try vfioscope("check", "sim:v2-reference,size=64K", "--html", page)
    let once = try text(of: page)
    #expect(!once.contains("<polyline"))
    #expect(once.contains("<p>Seen once: stop_copy_length "))
    _ = try vfioscope("check", "sim:v2-reference,size=64K", "--allow", "perturb", "--html", page)
    let often = try text(of: page)
    #expect(often.contains("<polyline"))
    #expect(!often.contains("Seen once"))
  }

  @Test("keeps what it learnt of a device that stops answering")
  func hang() throws {
    let tree = try Tree()
    let json = "\(tree.path)/report.json"
    let run = try vfioscope(
      "check", "sim:v2-reference,size=64K,hang=stop", "--allow", "perturb", "--timeout", "0.3", "--json", json)
    #expect(run.status == .exited(3))
    #expect(run.errorLines.first?.contains("no answer for 0.3 s") == true)
    let report = try ParsedJSON(text(of: json))
    #expect(report["ending"] == "lost")
    #expect(report["counts"]?["pass"] != 0)
    // All rules are in it, in their order: those that were not looked at any more are told as such.
    let findings = report["findings"]?.elements ?? []
    let all = try vfioscope("check", "--list", "--rules", "V2").lines.map { $0.prefix { $0 != " " } }
    #expect(findings.map { $0["rule"]?.text ?? "" } == all.map(String.init))
    let seen = findings.compactMap { $0["seen"]?.text }
    #expect(seen.count { $0.hasPrefix("Not checked to its end: no answer for 0.3 s to FEATURE SET") } == 1)
    #expect(seen.count { $0 == "Not run: a call does not come back" } > 20)
    #expect(run.lines.contains { $0.hasPrefix("skip  V2-FD-05  Not run: a call does not come back") })
  }

  @Test("makes the checks that may do harm last, and reports all rules in their order")
  func order() throws {
    let run = try vfioscope("check", "sim:libvfio-user-v1,size=64K", "--allow", "crash", "--json", "-")
    let report = try ParsedJSON(run.output)
    // The device is lost when it was asked for the error state, which may crash it.
    #expect(report["ending"] == "lost")
    let findings = report["findings"]?.elements ?? []
    let all = try vfioscope("check", "--list", "--rules", "V1").lines.map { $0.prefix { $0 != " " } }
    #expect(findings.map { $0["rule"]?.text ?? "" } == all.map(String.init))
    let lost = findings.filter { $0["seen"]?.text?.hasPrefix("Not run: the device is in error") == true }
    #expect(lost.allSatisfy { $0["harm"] == "crash" })
    #expect(lost.count < 4)
  }

  @Test("writes one report on standard output, whatever its form, and no file of the name -")
  func standardOutput() throws {
    for (option, beginning) in [("--junit", "<?xml"), ("--html", "<!doctype html>")] {
      let run = try vfioscope("check", brokenDevice, "--rules", "V1-ACC-05", option, "-")
      #expect(run.status == .exited(1))
      #expect(run.output.hasPrefix(beginning), "\(run.output)")
      #expect(!run.output.contains("0 passed, 1 failed"))
      #expect(access("-", F_OK) != 0)
    }
    let both = try vfioscope("check", brokenDevice, "--junit", "-", "--json", "-")
    #expect(both.status == .exited(2))
    #expect(both.output.isEmpty)
  }

  @Test("says of a device that is meant to be served what is not held against it there")
  func meantToBeServed() throws {
    let run = try vfioscope("check", "sim:libvfio-user,size=64K", "--rules", "V2-DISC-09", "V2-STATE-01", "V2-DISC-01")
    #expect(run.status == .exited(1))
    #expect(
      run.lines.last
        == "sim:libvfio-user,size=64K is meant to be served at a socket (vfioscope serve), where it does not break "
        + "V2-DISC-09, V2-STATE-01")
    let served = try Served("sim:libvfio-user,size=64K")
    let there = try vfioscope("check", served.name, "--rules", "V2-DISC-09", "V2-STATE-01")
    #expect(there.status == .exited(0), "\(there.output)")
    #expect(!there.output.contains("meant to be served"))
    #expect(!(try vfioscope("check", brokenDevice, "--rules", "V1-ACC-05")).output.contains("meant to be served"))
  }

  @Test(
    "refuses what it can't do on one line",
    arguments: [
      (["check"], "name a device"), (["check", "sim:v1-reference", "--rules", "V9"], "no rule has a name like V9"),
      (["check", "sim:v1-reference", "--rules", "V2-ARC"], "none of these rules is one for"),
      (["check", "sim:v1-reference", "--allow", "all"], "allow"), (["explain", "V9"], "no rule has a name like V9"),
      (["check", "sim:v1-reference,defect=V1-NONE-01"], "defect"),
    ])
  func refusals(arguments: [String], words: String) throws {
    let run = try Invocation(arguments).finish()
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test("lists the rules, and explains one")
  func explanations() throws {
    let list = try vfioscope("check", "--list")
    #expect(list.lines.count == 205)
    let json = try ParsedJSON(vfioscope("check", "--list", "--json", "-", "--rules", "V1-RST").output)
    #expect(json["schema"] == "vfioscope.rules/1")
    #expect(json["rules"]?.elements.first == (try ParsedJSON(vfioscope("explain", "V1-RST-01", "--json").output)))
    #expect(try vfioscope("check", "--list", "--html", "-").status == .exited(2))
    let rule = try vfioscope("explain", "v1-rst-01")
    #expect(rule.lines.first?.hasPrefix("V1-RST-01  ") == true)
    #expect(rule.lines.contains { $0.contains("MUST, proposed and never merged") })
    #expect(rule.lines.contains { $0.contains("rests on") && $0.contains("kvm list") })
    #expect(rule.lines.contains("  may do     reset the device, which loses its state (--allow lose)"))
    for shown in [list, try vfioscope("explain", "V1-DISC-03")] {
      #expect(shown.lines.contains { $0.contains("MUST, follows from its sources") })
    }
  }

  @Test("names the simulated devices that break a rule")
  func breakers() throws {
    func line(_ rule: String) throws -> String? {
      try vfioscope("explain", rule).lines.first { $0.contains("broken by") }
    }
    #expect(try line("V2-LOG-08") == "  broken by  sim:mtty")
    #expect(try line("V1-ACC-07") == "  broken by  sim:hisi-v1")
    #expect(
      try line("VU-DMA-01") == "  broken by  sim:libvfio-user-v1, sim:spdk-v1, sim:libvfio-user when served at a socket"
    )
    #expect(try line("V2-ARC-01") == nil)
    #expect(
      try vfioscope("explain", "VU-VER-03").lines.last
        == "  try it on  sim:v1-reference,defect=VU-VER-03 when served at a socket")
    let json = try ParsedJSON(vfioscope("explain", "V1-RST-01", "--json").output)
    #expect(json["broken_by"]?.elements.compactMap(\.text) == ["sim:libvfio-user-v1", "sim:spdk-v1", "sim:qemu-v1"])
    #expect(json["broken_by_served"] == .array([]))
  }
}
