import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

/// A simulated device on the bench: what all checks find out about it.
struct CheckedDevice {
  let findings: [Finding]
  let ending: CheckRun.Ending

  /// Checks the device with this address, without the `sim:`, whatever that may do to it.
  init(
    _ address: String, rules patterns: [String] = [], permission: Rule.Harm = .crash,
    surroundings: Surroundings = Surroundings()
  ) throws {
    try self.init(
      try SimulatedDevice.open(address).withDefect, rules: patterns, permission: permission, surroundings: surroundings)
  }

  /// Checks this device, with what is around it.
  init(
    _ checked: any Device, rules patterns: [String] = [], permission: Rule.Harm = .crash,
    surroundings: Surroundings = Surroundings()
  ) throws {
    let journal = Journal()
    let device = RecordingDevice(checked, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: journal)
    var options = CheckRun.Options()
    options.permission = permission
    options.surroundings = surroundings
    let run = CheckRun(session, options)
    let rules = try Rulebook.shipped.get().rules(matching: patterns)
      .filter { $0.protocol.rawValue == interface.protocol.rawValue }
    var findings: [Finding] = []
    ending = run.run(rules) { findings.append($0) }
    self.findings = findings
  }

  /// What was found about a rule.
  func finding(_ rule: String) -> Finding? { findings.first { $0.rule.id == rule } }

  /// The verdicts, by rule.
  var verdicts: [String: Verdict] { Dictionary(uniqueKeysWithValues: findings.map { ($0.rule.id, $0.verdict) }) }
}
