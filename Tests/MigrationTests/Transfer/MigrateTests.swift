import TestSupport
import Testing
import VFIO

@testable import Migration

/// Devices that take each other's place.
@Suite struct MigrateTests {
  @Test(arguments: [
    "v1-reference,size=1M", "v2-reference,size=1M", "v2-reference,size=1M,flags=1", "v2-reference,size=1M,flags=5",
  ]) func theDestinationRunsAndTheSourceIsStopped(profile: String) throws {
    let source = try SimulatedSession("\(profile),seed=1,dirty=32K")
    let destination = try SimulatedSession("\(profile),seed=2,dirty=0")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault == nil)
    #expect(source.state == "stop")
    #expect(destination.state == "running")
    #expect(report.states.map(\.state?.name) == ["stop", "running"])
    #expect(try destination.memory() == source.memory())
    #expect(report.downtime.map { $0 > .zero } == true)
  }

  @Test func severalPairsPassThePeerToPeerStatesTogether() throws {
    let sessions = try (1...4).map { try SimulatedSession("v2-reference,size=64K,dirty=0,seed=\($0)") }
    let report = MigrateOperation([
      (sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session),
    ]).run()
    #expect(report.fault == nil)
    #expect(sessions.map(\.state) == ["stop", "running", "stop", "running"])
    for index in [0, 2] {
      let asked = requests(sessions[index])
      #expect(asked == ["pre-copy", "pre-copy-p2p", "stop-copy", "stop"])
      #expect(requests(sessions[index + 1]) == ["resuming", "running-p2p", "running"])
      #expect(try sessions[index].memory() == sessions[index + 1].memory())
    }
  }

  @Test func aDestinationThatRefusesCostsTheSourceNothing() throws {
    let source = try SimulatedSession("v2-reference,size=64K")
    let destination = try SimulatedSession("v2-reference,size=64K,fail=resuming:EBUSY")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(requests(source).isEmpty)
    #expect(source.state == "running")
  }

  @Test func aSourceThatFailsHalfWayLeavesTheDestinationReset() throws {
    let source = try SimulatedSession("v2-reference,size=64K,fail=stop-copy:EIO")
    let destination = try SimulatedSession("v2-reference,size=64K,seed=7,dirty=0")
    let before = try destination.memory()
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(source.state == "running")
    #expect(requests(destination).last == "reset")
    #expect(try destination.memory() == before)
  }

  @Test func aDestinationThatDoesNotRunGivesTheSourceBack() throws {
    let source = try SimulatedSession("v1-reference,size=64K,dirty=0")
    let destination = try SimulatedSession("v1-reference,size=128K,dirty=0")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(source.state == "running")
    #expect(requests(destination).contains("reset"))
  }

  @Test func devicesOfDifferentProtocolsAreRefusedUntouched() throws {
    let source = try SimulatedSession("v1-reference")
    let destination = try SimulatedSession("v2-reference")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault == .window("the two devices speak different protocols"))
    #expect(requests(destination).isEmpty)
  }

  @Test func oneOfTwoDestinationsThatFailsTakesTheOtherBack() throws {
    let sources = try (1...2).map { try SimulatedSession("v2-reference,size=64K,dirty=0,seed=\($0)") }
    let good = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=3")
    let bad = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=4,fail=running:EIO")
    let report = MigrateOperation([(sources[0].session, good.session), (sources[1].session, bad.session)]).run()
    #expect(report.fault != nil)
    #expect(sources.map(\.state) == ["running", "running"])
    #expect(requests(good).last == "reset")
  }

  private func requests(_ device: SimulatedSession) -> [String] {
    device.session.journal.entries().compactMap {
      if case .step(let step) = $0.entry { step.requested.name } else { nil }
    }
  }
}
