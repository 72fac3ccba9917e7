import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

/// A simulated device on the bench: what all checks find out about it.
struct CheckedDevice {
  let findings: [Finding]
  let ending: CheckRun.Ending
  /// The rules whose checks were made, in the order in which they were.
  let order: [Rule]

  /// Checks the device with this address, without the `sim:`, whatever that may do to it.
  init(
    _ address: String, rules patterns: [String] = [], after before: [String] = [], permission: Rule.Harm = .crash,
    surroundings: Surroundings = Surroundings()
  ) throws {
    try self.init(
      try SimulatedDevice.open(address).withDefect, rules: patterns, after: before, permission: permission,
      surroundings: surroundings)
  }

  /// Checks this device, with what is around it, in a run of its own after one of the rules in `before`.
  init(
    _ checked: any Device, rules patterns: [String] = [], after before: [String] = [], permission: Rule.Harm = .crash,
    surroundings: Surroundings = Surroundings()
  ) throws {
    let journal = Journal()
    let device = RecordingDevice(checked, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: journal)
    var options = CheckRun.Options()
    options.permission = permission
    options.surroundings = surroundings
    let book = try Rulebook.shipped.get()
    if !before.isEmpty { _ = CheckRun(session, options).run(book.rules(matching: before)) { _ in } }
    let run = CheckRun(session, options)
    let rules = book.rules(matching: patterns).filter { $0.protocol.rawValue == interface.protocol.rawValue }
    var report = CheckReport(
      device: "", way: "", protocol: interface.protocol.rawValue, flags: [], permission: permission, foundState: nil)
    var checked: [Rule] = []
    ending = run.run(rules, onBegin: { checked.append($0) }, onFinding: { report.findings.append($0) })
    report.end(ending, of: rules, in: nil)
    (findings, order) = (report.findings, checked)
  }

  /// What was found about a rule.
  func finding(_ rule: String) -> Finding? { findings.first { $0.rule.id == rule } }

  /// The verdicts, by rule.
  var verdicts: [String: Verdict] { Dictionary(uniqueKeysWithValues: findings.map { ($0.rule.id, $0.verdict) }) }
}
