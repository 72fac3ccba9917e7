import Simulator
import Testing

@testable import Rulebook

/// The rules of the data session, of what a device says of it, and of DMA logging; and those of the socket.
@Suite("The rules of data and of the socket")
struct V2DataRules {
  static let topics = ["V2-FD", "V2-PRE", "V2-RES", "V2-SIZE", "V2-LOG", "VU"]

  /// Rules about the device's side that have a check, and that no device can be made to break.
  static let withoutDefect = [
    "V2-PRE-10": "a device may announce new data, and need not",
    "V2-RES-02": "the sources leave it open",
    "V2-RES-04": "the sources leave it open",
    "V2-RES-05": "a device may refuse, and need not",
    "V2-SIZE-02": "an estimate can't be wrong",
    "VU-MIG-06": "the sources leave it open",
    "VU-MIG-07": "the sources leave it open",
  ]

  private let rules: [Rule]

  init() throws { rules = try Rulebook.shipped.get().rules(matching: Self.topics) }

  @Test("have a check each, or a reason why there can be none")
  func checked() {
    #expect(rules.count == 55)
    for rule in rules {
      #expect((Checks.all[rule.id] == nil) == (rule.untestable != nil), "\(rule.id)")
    }
  }

  @Test("have a device that breaks them, or a reason why there can be none")
  func breakable() {
    let defects = Set(Defect.all.map(\.rule))
    for rule in rules where !rule.bindsUser && Checks.all[rule.id] != nil {
      let hasDefect = defects.contains(rule.id)
      if let why = Self.withoutDefect[rule.id] { print("\(rule.id) has no defect: \(why)") }
      #expect(hasDefect != (Self.withoutDefect[rule.id] != nil) || rule.binds == .both, "\(rule.id)")
    }
  }

  @Test("are not found broken where a device has less than it could", arguments: [1, 3, 5])
  func fewerStates(flags: Int) throws {
    let checked = try CheckedDevice("v2-reference,size=64K,flags=\(flags),logging=no", rules: Self.topics)
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect([.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words)")
    }
  }

  @Test("are tried to the end on a device that is not ready at once, and on one that changes as it is saved")
  func busy() throws {
    for options in ["stall=2", "dirty=4M,rate=64M", "reinit=1ms"] {
      let checked = try CheckedDevice("v2-reference,size=64K,\(options)", rules: Self.topics)
      #expect(checked.ending == .complete, "\(options)")
      for finding in checked.findings {
        #expect(
          [.pass, .info, .skip].contains(finding.verdict), "\(options): \(finding.rule.id): \(finding.words)")
      }
    }
  }

  @Test("see what a device does that is not ready, and one that announces new data")
  func seen() throws {
    let stalling = try CheckedDevice("v2-reference,size=64K,stall=2", rules: ["V2-FD-09"])
    #expect(stalling.verdicts["V2-FD-09"] == .pass)
    let careless = try CheckedDevice("v2-reference,size=64K,no-data=accept,bad-data=stay", rules: ["V2-RES"])
    #expect(careless.finding("V2-RES-02")?.words.contains("RESUMING") == true)
    #expect(careless.finding("V2-RES-04")?.words.contains("all was taken") == true)
  }

  @Test("don't fit a device of the other protocol or without a socket")
  func elsewhere() throws {
    let checked = try CheckedDevice("v2-reference,size=64K")
    #expect(checked.findings.allSatisfy { $0.rule.protocol == .v2 })
  }
}
