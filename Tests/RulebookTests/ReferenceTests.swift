import Testing

@testable import Rulebook

@Suite("A reference device")
struct ReferenceTests {
  @Test("keeps every rule, whatever it is put through", arguments: ["v1-reference", "v2-reference"])
  func keepsAll(profile: String) throws {
    let checked = try CheckedDevice("\(profile),size=64K")
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect(
        [.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words) \(finding.evidence)")
    }
  }

  @Test("is left as it was found by harmless checks", arguments: ["v1-reference", "v2-reference"])
  func harmless(profile: String) throws {
    let checked = try CheckedDevice("\(profile),size=64K,state=stop", permission: .none)
    #expect(checked.ending == .complete)
    let run = checked.findings.filter { $0.verdict != .skip }
    #expect(run.allSatisfy { $0.rule.harm == .none })
    #expect(!run.isEmpty)
  }
}
