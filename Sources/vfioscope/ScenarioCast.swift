import Inspector
import Migration
import Rulebook
import VFIO

/// The devices of a scenario, opened.
struct ScenarioCast {
  /// The devices, in the order of the roles.
  let devices: [(role: Scenario.Role, opened: OpenedDevice, session: MigrationSession)]
  /// What is told of them.
  let members: [Member]

  /// One device, as it is told of: also by a thread that does not use it.
  struct Member: Sendable {
    /// The most lines of a journal that are told.
    private static let journalLimit = 200

    let role: Scenario.Role
    /// As the user named it.
    let name: String
    /// The way to it.
    let way: String
    fileprivate let journal: Journal
    /// Where the play begins in the journal.
    fileprivate let beginning: Int

    /// What was done to it in this play, oldest first.
    var lines: [String] {
      let all = journal.entries(from: beginning, withLooks: false)
      let lines = all.suffix(Self.journalLimit).map { numbered in
        switch numbered.entry {
        case .access(let access, _): access.line(since: journal.start)
        case .step(let step): step.line
        }
      }
      return all.count > lines.count ? ["… \(all.count - lines.count) more before"] + lines : lines
    }
  }

  init(_ devices: [(role: Scenario.Role, opened: OpenedDevice, session: MigrationSession)]) {
    self.devices = devices
    members = devices.map { role, opened, session in
      Member(
        role: role, name: opened.reference.description, way: opened.way, journal: session.journal,
        beginning: session.journal.count)
    }
  }

  /// As the scenario takes them.
  var actors: ScenarioRun.Cast {
    Dictionary(uniqueKeysWithValues: devices.map { ($0.role, ScenarioActor($0.session, faults: $0.opened.faults)) })
  }

  /// The states they are in, which are read now; nil where that fails.
  var states: [State?] { devices.map(\.session.presentState) }

  /// Whether all of them are simulated in this program, and gone when it ends.
  var isSimulated: Bool { devices.allSatisfy(\.opened.reference.isSimulated) }

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
