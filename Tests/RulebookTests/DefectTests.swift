import Simulator
import Synchronization
import Testing

@testable import Rulebook

/// Proof that each check works: a device that breaks exactly its rule is found out, and by no other check.
@Suite("A device with a defect")
struct DefectTests {
  /// What all checks find out about devices without a defect, by their addresses.
  private static let healthy = Mutex<[String: [String: Verdict]]>([:])

  private static func healthy(_ address: String) throws -> [String: Verdict] {
    try healthy.withLock { known in
      if let verdicts = known[address] { return verdicts }
      let verdicts = try CheckedDevice(address).verdicts
      known[address] = verdicts
      return verdicts
    }
  }

  @Test("breaks its rule and no other", arguments: Defect.all.map(\.rule).filter { !$0.hasPrefix("VU-") })
  func breaksItsRule(name: String) throws {
    let defect = try #require(Defect.all.first { $0.rule == name })
    let version = String(name.prefix(2).lowercased())
    let settings = defect.settings.sorted { $0.key < $1.key }.map { ",\($0.key)=\($0.value)" }.joined()
    let healthy = try Self.healthy("\(version)-reference,size=64K\(settings)")
    let found = try CheckedDevice("\(version)-reference,size=64K,defect=\(name)")
    #expect(found.ending == .complete)
    let verdict = try #require(found.verdicts[name])
    #expect([.fail, .warn].contains(verdict), "\(name): \(verdict), \(found.finding(name)?.words ?? "")")
    for (rule, verdict) in found.verdicts where rule != name && !defect.alsoBreaks.contains(rule) {
      // What needs the very thing that is broken can't be tried.
      #expect(
        verdict == healthy[rule] || verdict == .skip, "\(name) changes \(rule): \(found.finding(rule)?.words ?? "")")
    }
  }
}
