import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

/// A fault of a user that was made: what the device made of it.
struct MadeFault {
  let findings: [Finding]
  let ending: CheckRun.Ending
  /// The state afterwards.
  let state: State?

  /// Makes it on the simulated device with this address, without the `sim:`.
  init(_ name: String, on address: String) throws {
    try self.init(name, on: SimulatedDevice.open(address).withDefect)
  }

  /// Makes it on this device.
  init(
    _ name: String, on device: any Device, surroundings: Surroundings = Surroundings(), journal: Journal = Journal()
  ) throws {
    let fault = try #require(UserFault.all.first { $0.name == name })
    let device = RecordingDevice(device, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: journal)
    var options = CheckRun.Options()
    options.permission = fault.harm
    options.surroundings = surroundings
    var findings: [Finding] = []
    ending = CheckRun(session, options).run(fault, from: try Rulebook.shipped.get()) { findings.append($0) }
    (self.findings, state) = (findings, session.presentState)
  }

  /// What was found about a rule.
  func finding(_ rule: String) throws -> Finding { try #require(findings.first { $0.rule.id == rule }) }

  /// Whether what was seen holds these words.
  func saw(_ words: String) -> Bool { findings.contains { $0.words.contains(words) } }
}
