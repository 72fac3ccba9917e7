import Simulator
import Testing

@testable import Rulebook

@Suite("A device behind a vfio-user socket")
struct ServedTests {
  private static let healthy: Result<[String: [String: Verdict]], any Error> = Result {
    try [
      "v1": ServedDevice("v1-reference,size=64K", rules: V2DataRules.topics).verdicts,
      "v2": ServedDevice("v2-reference,size=64K", rules: V2DataRules.topics).verdicts,
    ]
  }

  @Test("keeps the rules of the socket, and of its protocol as far as they go there", arguments: ["v1", "v2"])
  func keepsAll(version: String) throws {
    let checked = try ServedDevice("\(version)-reference,size=64K", rules: V2DataRules.topics)
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect(
        [.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words) \(finding.evidence)")
    }
    #expect(checked.findings.count { $0.rule.protocol == .vfioUser && $0.verdict != .skip } >= 8)
  }

  @Test("is only looked at when no more is allowed", arguments: ["v1", "v2"])
  func harmless(version: String) throws {
    let checked = try ServedDevice("\(version)-reference,size=64K,state=stop", rules: ["VU"], permission: .none)
    #expect(checked.ending == .complete)
    #expect(checked.findings.filter { $0.verdict != .skip }.allSatisfy { $0.rule.harm == .none })
  }

  @Test("with a defect of its server, breaks that rule and no other", arguments: Defect.ofServers)
  func breaksItsRule(name: String) throws {
    let defect = try #require(Defect.all.first { $0.rule == name })
    // Where a rule is about one of both, the other does not have the defect.
    let version = (try? SimulatedDevice.open("v2-reference,defect=\(name)")) == nil ? "v1" : "v2"
    let healthy = try #require(try Self.healthy.get()[version])
    let found = try ServedDevice("\(version)-reference,size=64K,defect=\(name)", rules: V2DataRules.topics)
    #expect(found.ending == .complete)
    let verdict = try #require(found.verdicts[name])
    #expect([.fail, .warn].contains(verdict), "\(name): \(verdict), \(found.finding(name)?.words ?? "")")
    for (rule, verdict) in found.verdicts where rule != name && !defect.alsoBreaks.contains(rule) {
      #expect(verdict == healthy[rule], "\(name) changes \(rule): \(found.finding(rule)?.words ?? "")")
    }
  }
}

extension Defect {
  /// The rules of the socket that a device can break.
  fileprivate static var ofServers: [String] { all.map(\.rule).filter { $0.hasPrefix("VU-") } }
}
