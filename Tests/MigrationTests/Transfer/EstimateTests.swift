import TestSupport
import Testing
import VFIO

@testable import Migration

/// What a device says is left, and what is made of it.
@Suite struct EstimateTests {
  @Test func stoppingCostsTheLargerOfTheTwoFigures() {
    #expect(estimate(initial: 100, dirty: 20, stopCopy: 500).remaining == 500)
    #expect(estimate(initial: 100, dirty: 20, stopCopy: 50).remaining == 120)
    #expect(estimate(initial: 100, dirty: 20).remaining == 120)
    #expect(estimate(stopCopy: 50).remaining == 50)
    #expect(estimate().remaining == nil)
    #expect(estimate(initial: .max, dirty: 1).remaining == .max)
  }

  @Test func aNewBeginningIsOneWhateverItsSize() {
    let before = estimate(initial: 100, dirty: 20)
    var anew = estimate(initial: 30)
    #expect(!anew.beginsAnew(after: before))
    anew.isReinit = true
    #expect(anew.beginsAnew(after: before))
    // The flag stays while the new data is read: that is no other beginning, unless there is more again.
    var later = estimate(initial: 10)
    later.isReinit = true
    #expect(!later.beginsAnew(after: anew))
    #expect(anew.beginsAnew(after: later))
  }

  @Test func theDeviceIsAskedForAllItsFiguresInPreCopyAndForOneWhenStopped() throws {
    let (session, device) = try fake(FakeDevice.v2().openingDataFD(for: .preCopy, .stopCopy).offeringDataSize())
    let reader = session.interface.reader(.auto)
    _ = try session.insist(on: "pre-copy")
    #expect(try reader.estimate(stopped: false) == estimate(initial: 100, dirty: 7, stopCopy: 96))
    _ = try session.insist(on: "stop-copy")
    _ = device.takeAsked()
    #expect(try reader.estimate(stopped: true) == estimate(stopCopy: 96))
    #expect(device.takeAsked().count == 1)
  }

  @Test func flagsMeanNothingUnlessTheDeviceWasAskedToSetThem() throws {
    // A driver of before MIG_PRECOPY_INFOv2 leaves in the flags what it finds there.
    let (old, device) = try fake(FakeDevice.v2().openingDataFD(for: .preCopy).settingPrecopyFlags())
    old.interface.optInToReinit()
    #expect(device.takeAsked().allSatisfy { $0 != Self.optIn })
    _ = try old.insist(on: "pre-copy")
    #expect(try !old.interface.reader(.auto).estimate(stopped: false).isReinit)

    let (new, newDevice) = try fake(
      FakeDevice.v2().openingDataFD(for: .preCopy).settingPrecopyFlags().offeringReinit())
    _ = try new.insist(on: "pre-copy")
    #expect(try !new.interface.reader(.auto).estimate(stopped: false).isReinit)
    for _ in 0..<2 { new.interface.optInToReinit() }
    #expect(newDevice.takeAsked().filter { $0 == Self.optIn }.count == 1)
    #expect(try new.interface.reader(.auto).estimate(stopped: false).isReinit)
  }

  @Test func onlyATransferWithPreCopyChangesTheSetting() throws {
    let device = try SimulatedSession("v2-reference,size=64K")
    _ = try device.session.observe()
    var options = TransferOptions()
    options.preCopy = false
    _ = SaveOperation(device.session, to: MemoryStream(), options: options).run()
    #expect(!device.asked(Self.optIn))
    _ = SaveOperation(device.session, to: MemoryStream()).run()
    #expect(device.asked(Self.optIn))
  }

  @Test func aDeviceThatBeginsAnewIsCounted() throws {
    let device = try SimulatedSession("v2-reference,size=64K,reinit=20ms")
    let report = SaveOperation(device.session, to: MemoryStream(), options: longPreCopy).run()
    #expect(report.fault == nil)
    #expect(report.reinits > 0)
    #expect(report.phases.first?.left?.stopCopy != nil)
  }

  @Test func bothOfAPairOfSourcesAreAsked() throws {
    let sessions = try (1...4).map { try SimulatedSession("v2-reference,size=64K,reinit=20ms,seed=\($0)") }
    let report = MigrateOperation(
      [(sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session)], options: longPreCopy
    ).run()
    #expect(report.fault == nil)
    #expect(report.reinits > 0)
    #expect(sessions.map { $0.asked(Self.optIn) } == [true, false, true, false])
  }

  private static let optIn = Operation.feature(argsz: 8, flags: FeatureFlags.set.of(.migPrecopyInfoV2))

  /// Pre-copy that never meets its target.
  private var longPreCopy: TransferOptions {
    var options = TransferOptions()
    options.downtimeTarget = .zero
    options.limits.preCopyTime = .milliseconds(400)
    return options
  }

  private func estimate(initial: UInt64? = nil, dirty: UInt64? = nil, stopCopy: UInt64? = nil) -> Estimate {
    var estimate = Estimate()
    (estimate.initial, estimate.dirty, estimate.stopCopy) = (initial, dirty, stopCopy)
    return estimate
  }

  private func fake(_ device: FakeDevice) throws -> (MigrationSession, FakeDevice) {
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    return (MigrationSession(device: device, interface: interface, journal: Journal()), device)
  }
}
