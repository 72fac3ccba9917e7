import Simulator
import Testing
import VFIO

@testable import Rulebook

/// The rules about finding a v2 device, its states, its arcs, ERROR, reset and debugfs.
@Suite("The rules of a v2 device's states")
struct V2StateRulesTests {
  private static let topics: Set = ["DISC", "STATE", "ARC", "ERR", "RST", "DBG"]

  /// Rules about devices that no simulated device breaks, and why.
  static let withoutDefect: [String: String] = [
    "V2-STATE-02": "Every state is allowed.",
    "V2-RST-03": "Every answer is allowed.",
    "V2-ERR-03": "It is about the machine, which a simulated device can't harm.",
    "V2-DBG-01": "The simulator has no debugfs; the test below has one.",
    "V2-DBG-02": "The simulator has no debugfs; the test below has one.",
  ]

  private static func rules() throws -> [Rule] {
    try Rulebook.shipped.get().rules.filter { $0.protocol == .v2 && topics.contains($0.topic) }
  }

  @Test("are all checked, or say why not")
  func allChecked() throws {
    let rules = try Self.rules()
    #expect(rules.count == 52)
    for rule in rules {
      #expect((Checks.all[rule.id] == nil) == (rule.untestable != nil), "\(rule.id)")
    }
  }

  @Test("that bind a device are each broken by a defect, or it is said why not")
  func allBroken() throws {
    let broken = Set(Defect.all.map(\.rule))
    for rule in try Self.rules() where rule.untestable == nil && !rule.bindsUser {
      #expect(broken.contains(rule.id) != (Self.withoutDefect[rule.id] != nil), "\(rule.id)")
    }
    for (rule, why) in Self.withoutDefect.sorted(by: <) { print("no defect for \(rule): \(why)") }
  }

  @Test("are kept by devices with all flags there are", arguments: [1, 3, 5, 7])
  func flags(flags: Int) throws {
    let checked = try CheckedDevice("v2-reference,size=64K,flags=\(flags)", rules: Self.topics.map { "V2-\($0)" })
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect([.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words)")
    }
    let skipped = checked.findings.filter { $0.verdict == .skip }.map(\.rule.id)
    let always: Set = ["V2-RST-04", "V2-DBG-01", "V2-DBG-02"]
    #expect((flags == 7) == (Set(skipped) == always.union(["V2-STATE-05"])), "\(skipped)")
  }

  @Test("can be tried on a device that stays in RESUMING with bad data, except that of ERROR")
  func withoutError() throws {
    let checked = try CheckedDevice("v2-reference,size=64K,bad-data=stay", rules: ["V2-ARC-22", "V2-ERR-01"])
    #expect(checked.ending == .complete)
    #expect(checked.verdicts == ["V2-ARC-22": .pass, "V2-ERR-01": .skip])
  }

  @Test("ask nothing but a reset of a device in ERROR")
  func nothingInError() throws {
    let checked = try CheckedDevice(
      "v2-reference,size=64K,state=error", rules: Self.topics.map { "V2-\($0)" }, permission: .none)
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect(!finding.evidence.contains { $0.contains("FEATURE SET MIG_DEVICE_STATE") }, "\(finding.rule.id)")
    }
    #expect(checked.verdicts["V2-STATE-03"] == .skip)
    #expect(checked.verdicts["V2-STATE-01"] == .pass)
  }

  @Test("leave a device alone that a vfio-user server might lose over it")
  func socket() throws {
    let behindSocket = Surroundings(socket: "/none")
    let careful = try CheckedDevice(
      "v2-reference,size=64K", rules: ["V2-STATE-03"], permission: .lose, surroundings: behindSocket)
    #expect(careful.verdicts == ["V2-STATE-03": .skip])
    let allowed = try CheckedDevice("v2-reference,size=64K", rules: ["V2-STATE-03"], surroundings: behindSocket)
    #expect(allowed.verdicts == ["V2-STATE-03": .pass])
  }

  @Test(
    "compare debugfs with the device",
    arguments: [
      ("RUNNING", ["stop-copy", "p2p", "pre-copy", "dirty-tracking"], Verdict.pass, Verdict.pass),
      ("STOP", ["stop-copy", "p2p", "pre-copy"], .fail, .pass),
      ("RUNNING", ["stop-copy", "pre-copy"], .pass, .fail),
      ("RUNNING", [], .pass, .fail),
    ])
  func debugfs(state: String, features: [String], first: Verdict, second: Verdict) throws {
    let checked = try CheckedDevice(
      "v2-reference,size=64K", rules: ["V2-DBG"], permission: .none,
      surroundings: Surroundings(debugfs: { (state, features) }))
    #expect(checked.verdicts == ["V2-DBG-01": first, "V2-DBG-02": second])
  }

  @Test("are skipped where debugfs is silent")
  func silentDebugfs() throws {
    let checked = try CheckedDevice("v2-reference,size=64K", rules: ["V2-DBG"], permission: .none)
    #expect(checked.verdicts == ["V2-DBG-01": .skip, "V2-DBG-02": .skip])
  }

  @Test("hold for a device that a defect makes what it needs, unless its address says otherwise")
  func settings() throws {
    #expect(
      try CheckedDevice("v2-reference,defect=V2-STATE-05", rules: ["V2-STATE-05"]).verdicts["V2-STATE-05"] == .fail)
    let whole = try CheckedDevice("v2-reference,flags=7,defect=V2-STATE-05", rules: ["V2-STATE-05"])
    #expect(whole.verdicts["V2-STATE-05"] == .skip)
  }
}
