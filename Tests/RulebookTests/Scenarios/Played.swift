import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

/// A scenario on simulated devices.
final class Played {
  var run: ScenarioRun
  let cast: ScenarioRun.Cast
  /// The devices themselves, the source first.
  let devices: [SimulatedDevice]

  /// Opens the devices with these addresses, with the same in front of each.
  init(
    _ scenario: Scenario, on addresses: [String], _ interference: Interference = Interference(),
    hasSwitches: Bool = true
  ) throws {
    run = ScenarioRun(scenario)
    var cast: ScenarioRun.Cast = [:]
    var devices: [SimulatedDevice] = []
    for (role, address) in zip(Scenario.Role.allCases, addresses) {
      let device = try SimulatedDevice.open(address)
      let interfered = InterferedDevice(device, interference)
      let journal = Journal()
      // Switches take the place of what is in front of the device.
      let switched = InterferedDevice(interfered)
      let recorded = RecordingDevice(switched, recorder: journal)
      let interface = try #require(try MigrationSupport.find(on: recorded).interface)
      cast[role] = ScenarioActor(
        MigrationSession(device: recorded, interface: interface, journal: journal),
        faults: hasSwitches ? FaultSwitches(switched) : nil)
      devices.append(device)
    }
    (self.cast, self.devices) = (cast, devices)
  }

  /// A shipped one, on its own devices or on others.
  convenience init(
    _ name: String, on addresses: [String]? = nil, _ interference: Interference = Interference()
  ) throws {
    let scenario = try Scenario.shipped(name)
    try self.init(scenario, on: addresses ?? scenario.devices.map { String($0.dropFirst(4)) }, interference)
  }

  /// Steps of v2 on a small device.
  convenience init(
    steps: String, on address: String = "v2-reference,size=64K", hasSwitches: Bool = true
  ) throws {
    try self.init(try Scenario(steps: steps), on: [address], hasSwitches: hasSwitches)
  }

  /// Plays to the end.
  func play() { run.playToEnd(on: cast) }

  var session: MigrationSession? { cast[.source]?.session }

  /// Why it did not come to its end.
  var failure: String? { if case .failed(let why)? = run.ending { why } else { nil } }
}

extension Scenario {
  /// One that ships, by its name.
  static func shipped(_ name: String) throws -> Scenario {
    try #require(try ScenarioCatalog.shipped.get().first { $0.name == name })
  }

  /// One of v2 with these steps.
  init(steps: String, top: String = "") throws {
    let head = "title = \"T\"\nshows = \"S\"\nprotocol = \"v2\"\n\(top)\n"
    try self.init(name: "test", file: "test.toml", text: head + steps)
  }
}
