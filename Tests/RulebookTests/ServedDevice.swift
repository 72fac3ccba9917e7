import Dispatch
import Migration
import Simulator
import TestSupport
import VFIO

@testable import Rulebook

/// A simulated device behind a vfio-user socket, on the bench: what all checks find out about it.
struct ServedDevice {
  let findings: [Finding]
  let ending: CheckRun.Ending

  /// Serves the device with this address, without the `sim:`, and checks it over the socket, whatever that may do to it.
  init(_ address: String, rules patterns: [String] = [], permission: Rule.Harm = .crash) throws {
    (findings, ending) = try Self.lend(address) { device, path, journal in
      guard let interface = try MigrationSupport.find(on: device).interface else { throw NoMigration() }
      let session = MigrationSession(device: device, interface: interface, journal: journal)
      var options = CheckRun.Options()
      options.permission = permission
      options.surroundings = Surroundings(socket: path)
      let rules = try Rulebook.shipped.get().rules(matching: patterns)
        .filter { [interface.protocol.rawValue, Rule.Rules.vfioUser.rawValue].contains($0.protocol.rawValue) }
      var report = CheckReport(
        device: "", way: "", protocol: interface.protocol.rawValue, flags: [], permission: permission, foundState: nil)
      let ending = CheckRun(session, options).run(rules) { report.findings.append($0) }
      report.end(ending, of: rules, in: nil)
      return (report.findings, ending)
    }
  }

  /// Serves the device with this address as long as `body` uses it over the socket.
  static func lend<R>(
    _ address: String, _ body: (_ device: any Device, _ socket: String, Journal) throws -> R
  ) throws -> R {
    let folder = try Tree()
    let path = "\(folder.path)/s"
    var serverOptions = ServerOptions()
    // Who closes the device and opens it again is the next client.
    serverOptions.keepsServing = true
    let profile = try SimulatedDevice.profiles().first { address.prefix { $0 != "," } == $0.name }
    if profile?.migrationProtocol == .v1 { serverOptions.generation = .first }
    let server = try VFIOUserServer(try SimulatedDevice.open(address).withDefect, at: path, options: serverOptions)
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue(label: "served device").async {
      try? server.run()
      ended.signal()
    }
    defer {
      server.stop()
      _ = ended.wait(timeout: .now() + .seconds(20))
    }
    let journal = Journal()
    return try body(try VFIOUserDevice.open(path, recorder: journal), path, journal)
  }

  private struct NoMigration: Error {}

  /// What was found about a rule.
  func finding(_ rule: String) -> Finding? { findings.first { $0.rule.id == rule } }

  /// The verdicts, by rule.
  var verdicts: [String: Verdict] { Dictionary(uniqueKeysWithValues: findings.map { ($0.rule.id, $0.verdict) }) }
}
