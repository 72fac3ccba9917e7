import TestSupport
import Testing
import VFIO

@testable import Migration

/// What a step menu can say before anything is done.
@Suite struct PlanTests {
  @Test(arguments: [
    (V2State.stop, V2State.preCopy), (.preCopy, .stop), (.preCopy, .runningP2P), (.preCopy, .resuming),
    (.resuming, .preCopy),
  ]) func combinationsThatRunTheDeviceForAMomentSaySo(from: V2State, to: V2State) throws {
    let plan = try v2(7).plan(from: .v2(from), to: .v2(to))
    #expect(plan.effects.contains(.runsForAMoment))
    #expect(plan.danger == .lose)
  }

  @Test func noOtherCombinationRunsTheDeviceByTheWay() throws {
    let surprising: Set<[V2State]> = [
      [.stop, .preCopy], [.preCopy, .stop], [.preCopy, .runningP2P], [.preCopy, .resuming], [.resuming, .preCopy],
    ]
    let interface = try v2(7)
    for from in V2State.known {
      for to in V2State.known {
        let plan = interface.plan(from: .v2(from), to: .v2(to))
        #expect(plan.effects.contains(.runsForAMoment) == surprising.contains([from, to]), "\(from.name) \(to.name)")
      }
    }
  }

  @Test func goingBackToPreCopyIsRefusedByTheDocument() throws {
    let plan = try v2(7).plan(from: .v2(.stopCopy), to: .v2(.preCopy))
    #expect(plan.standing == .refused("PRE_COPY can't follow STOP_COPY"))
  }

  @Test func statesTheFlagsDoNotCoverAreRefused() throws {
    let interface = try v2(1)
    #expect(
      interface.plan(from: .v2(.running), to: .v2(.preCopy)).standing
        == .refused("the device's flags do not cover PRE_COPY"))
    #expect(interface.plan(from: .v2(.running), to: .v2(.error)).standing == .refused("ERROR can't be asked for"))
    #expect(
      interface.plan(from: .v2(.running), to: .v2(V2State(rawValue: 8))).standing
        == .refused("0x8 is not a state of the protocol"))
  }

  @Test func onlyAResetLeavesError() throws {
    let plan = try v2(7).plan(from: .v2(.error), to: .v2(.running))
    #expect(plan.standing == .refused("only a reset leaves ERROR"))
    #expect(plan.danger == .lose)
  }

  @Test func inV1ReservedBitsAndInvalidCodesAreToldApart() throws {
    let interface = try v1()
    func standing(_ from: UInt32, _ to: UInt32) -> StepPlan.Standing {
      interface.plan(from: .v1(V1State(rawValue: from)), to: .v1(V1State(rawValue: to))).standing
    }
    #expect(standing(1, 5) == .refused("0x5 is not a state of the protocol"))
    #expect(standing(5, 1) == .refused("0x5 is not a state of the protocol"))
    #expect(standing(1, 0x100) == .refused("it changes reserved bits"))
    #expect(standing(0x101, 0) == .allowed)
    #expect(!State.v1(V1State(rawValue: 0xffff_ffff)).isSaving)
  }

  @Test func inV1OnlyStoppingAfterPreCopyKeepsTheSession() throws {
    let interface = try v1()
    #expect(interface.plan(from: .v1(.preCopy), to: .v1(.stopCopy)).effects.contains(.keepsSession))
    #expect(interface.plan(from: .v1(.stopCopy), to: .v1(.preCopy)).effects.contains(.opensSession))
    #expect(interface.plan(from: .v1(.running), to: .v1(.resuming)).effects.contains(.opensSession))
    #expect(interface.plan(from: .v1(.resuming), to: .v1(.running)).effects.contains(.endsSession))
  }

  @Test func askingForThePresentStateChangesNothing() throws {
    for plan in [
      try v2(7).plan(from: .v2(.stopCopy), to: .v2(.stopCopy)), try v1().plan(from: .v1(.preCopy), to: .v1(.preCopy)),
    ] {
      #expect(plan.standing == .allowed)
      #expect(plan.effects == [.noChange] || plan.effects == [.noChange, .keepsSession])
      #expect(plan.path.count == 1)
      #expect(plan.danger == .none)
    }
  }

  @Test func resumingLosesTheDevicesState() throws {
    #expect(try v2(7).plan(from: .v2(.running), to: .v2(.resuming)).danger == .lose)
    #expect(try v1().plan(from: .v1(.running), to: .v1(.resuming)).danger == .lose)
  }

  @Test func inV1WhatIsNotDrawnIsOptionalAndSaysWhoDoesIt() throws {
    let plan = try v1().plan(from: .v1(.stop), to: .v1(.stopCopy))
    #expect(plan.standing == .optional)
    #expect(plan.note == "asked for by QEMU 6.2, done by mlx5 as posted, done by hisi_acc as posted")
    #expect(try v1().plan(from: .v1(.running), to: .v1(.stopCopy)).standing == .allowed)
  }

  @Test func inV1TheErrorStateIsNotAskedFor() throws {
    #expect(
      try v1().plan(from: .v1(.running), to: .v1(.error)).standing
        == .refused("ERROR is shown by a device, not asked for"))
    #expect(
      try v1().plan(from: .v1(.error), to: .v1(.running)).standing
        == .refused("only a reset leaves the error state"))
  }

  @Test func aStateOfTheOtherProtocolIsRefused() throws {
    #expect(
      try v1().plan(from: .v1(.running), to: .v2(.runningP2P)).standing
        == .refused("running-p2p is a state of the other protocol"))
  }

  private func v2(_ flags: UInt64) throws -> any MigrationInterface {
    try V2Interface(FakeDevice.v2(flags: flags), flags: V2Flags(rawValue: flags))
  }

  private func v1() throws -> any MigrationInterface {
    try #require(try MigrationSupport.find(on: FakeDevice.v1()).interface)
  }
}
