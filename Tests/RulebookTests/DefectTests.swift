import Simulator
import Testing

@testable import Rulebook

/// Proof that each check works: a device that breaks exactly its rule is found out, and by no other check.
@Suite("A device with a defect")
struct DefectTests {
  private static let healthy: Result<[String: [String: Verdict]], any Error> = Result {
    try ["v1": CheckedDevice("v1-reference,size=64K").verdicts, "v2": CheckedDevice("v2-reference,size=64K").verdicts]
  }

  @Test("breaks its rule and no other", arguments: Defect.all.map(\.rule))
  func breaksItsRule(name: String) throws {
    let defect = try #require(Defect.all.first { $0.rule == name })
    let version = String(name.prefix(2).lowercased())
    let healthy = try #require(try Self.healthy.get()[version])
    let found = try CheckedDevice("\(version)-reference,size=64K,defect=\(name)")
    #expect(found.ending == .complete)
    let verdict = try #require(found.verdicts[name])
    #expect([.fail, .warn].contains(verdict), "\(name): \(verdict), \(found.finding(name)?.words ?? "")")
    for (rule, verdict) in found.verdicts where rule != name && !defect.alsoBreaks.contains(rule) {
      #expect(verdict == healthy[rule], "\(name) changes \(rule): \(found.finding(rule)?.words ?? "")")
    }
  }
}
