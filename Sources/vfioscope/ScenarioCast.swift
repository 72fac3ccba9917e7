import Inspector
import Migration
import Rulebook
import VFIO

/// The devices of a scenario, opened.
struct ScenarioCast {
  /// The devices, in the order of the roles.
  let devices: [(role: Scenario.Role, opened: OpenedDevice, session: MigrationSession)]
  /// Where the play begins in the journal of each of them.
  private let beginnings: [Int]

  /// The most lines of a journal that are told.
  private static let journalLimit = 200

  init(_ devices: [(role: Scenario.Role, opened: OpenedDevice, session: MigrationSession)]) {
    self.devices = devices
    beginnings = devices.map(\.session.journal.count)
  }

  /// What was done to a device in this play, oldest first.
  func journal(of index: Int) -> [String] {
    let journal = devices[index].session.journal
    let all = journal.entries(from: beginnings[index], withLooks: false)
    let lines = all.suffix(Self.journalLimit).map { numbered in
      switch numbered.entry {
      case .access(let access, _): access.line(since: journal.start)
      case .step(let step): step.line
      }
    }
    return all.count > lines.count ? ["… \(all.count - lines.count) more before"] + lines : lines
  }

  /// As the scenario takes them.
  var actors: ScenarioRun.Cast {
    Dictionary(uniqueKeysWithValues: devices.map { ($0.role, ScenarioActor($0.session, faults: $0.opened.faults)) })
  }

  /// As the user named them.
  var names: [String] { devices.map(\.opened.reference.description) }

  /// For who looks for calls that don't come back.
  func watched(_ scenario: Scenario) -> [WatchedDevice] {
    devices.map { WatchedDevice(scenario.label($0.role), $0.opened, $0.session) }
  }

  /// What will become of each device, in one sentence.
  func warning(_ scenario: Scenario) -> String {
    let parts = devices.map { "\($0.opened.reference) \(scenario.harm(to: $0.role).warning)" }
    return "\(scenario.name): \(parts.joined(separator: "; "))"
  }
}
