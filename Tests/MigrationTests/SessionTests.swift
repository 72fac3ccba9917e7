import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Migration

/// A session on a device that does what the test says.
@Suite struct SessionTests {
  @Test func aStepIsReadBack() throws {
    let session = try session(on: .v2())
    let result = session.step(.state(.v2(.stop)))
    #expect(result.from == .v2(.running))
    #expect(result.path.map(\.name) == ["running", "running-p2p", "stop"])
    #expect(result.failure == nil)
    #expect(result.reached == .v2(.stop))
    #expect(result.brokenRule == nil)
  }

  @Test func aRefusedStepShowsTheErrnoAndTheStateReadBackAndNotTheOneAskedFor() throws {
    let session = try session(on: .v2().refusing(V2State.stopCopy, with: .EIO, landingIn: .stop))
    let result = session.step(.state(.v2(.stopCopy)))
    #expect(result.errno == .EIO)
    #expect(result.reached == .v2(.stop))
    #expect(result.brokenRule == nil)
    #expect(result.explanation.contains("It stopped on the way, in stop."))
  }

  @Test func aFailureThatLandsOffThePathBreaksARule() throws {
    let session = try session(on: .v2(flags: 1).refusing(V2State.stop, with: .EIO, landingIn: .resuming))
    let result = session.step(.state(.v2(.stop)))
    #expect(result.brokenRule?.contains("where it must not be") == true)
  }

  @Test func successWithAnotherStateBreaksARule() throws {
    let session = try session(on: .v2().stuck())
    let result = session.step(.state(.v2(.stop)))
    #expect(result.brokenRule == "The device reported success, but the state read back is running, not stop.")
  }

  @Test func inV1TheReservedBitsArePreserved() throws {
    let device = FakeDevice.v1()
    device.put(in: 0xf00 | V1State.running.rawValue)
    let session = try session(on: device)
    let result = session.step(.state(.v1(.preCopy)))
    #expect(result.reached == .v1(V1State(rawValue: 0xf03)))
    #expect(result.brokenRule == nil)
  }

  @Test func inV1AFailureMayLeaveTheErrorState() throws {
    let session = try session(on: .v1().refusing(V1State.stopCopy, with: .EFAULT, landingIn: .error))
    let result = session.step(.state(.v1(.stopCopy)))
    #expect(result.errno == .EFAULT)
    #expect(result.reached?.isError == true)
    #expect(result.brokenRule == nil)
    #expect(result.explanation.last == "The device is in its error state; only a reset leaves it.")
  }

  @Test func aResetLeadsToRunning() throws {
    let device = FakeDevice.v1()
    device.put(in: V1State.error.rawValue)
    let result = try session(on: device).step(.reset)
    #expect(result.from?.isError == true)
    #expect(result.path.map(\.name) == ["error", "running"])
    #expect(result.reached == .v1(.running))
    #expect(result.brokenRule == nil)
  }

  @Test func aRawNumberGoesOutAsItIs() throws {
    let device = FakeDevice.v1()
    let session = try session(on: device)
    _ = device.takeAsked()
    let result = session.step(.raw(0x105))
    #expect(result.reached == .v1(V1State(rawValue: 0x105)))
    #expect(device.takeAsked().filter { if case .read = $0 { true } else { false } }.count == 2)
  }

  @Test func aV2DeviceInErrorIsAskedForNothingButAReset() throws {
    let device = FakeDevice.v2()
    let session = try session(on: device)
    device.put(in: V2State.error.rawValue)
    _ = device.takeAsked()
    for request in [Request.state(.v2(.running)), .raw(2)] {
      let result = session.step(request)
      #expect(result.withheld == "the device is in ERROR, which only a reset leaves: ask for reset")
      #expect(result.reached == .v2(.error))
      #expect(!result.isDone)
    }
    #expect(!device.takeAsked().contains(.feature(argsz: 16, flags: FeatureFlags.set.of(.migDeviceState))))
    #expect(session.step(.reset).reached == .v2(.running))
  }

  @Test func inV1TheErrorStateMayBeAskedAndTheDeviceRefuses() throws {
    let device = FakeDevice.v1().refusing(V1State.running, with: .EIO)
    device.put(in: V1State.error.rawValue)
    let result = try session(on: device).step(.state(.v1(.running)))
    #expect(result.withheld == nil)
    #expect(result.errno == .EIO)
  }

  @Test func inV1AFailureThatReachesTheStateAllTheSameBreaksARule() throws {
    let session = try session(on: .v1().refusing(V1State.stop, with: .EIO, landingIn: .stop))
    let result = session.step(.state(.v1(.stop)))
    #expect(result.brokenRule == "After the failure the device is in stop, where it must not be.")
  }

  @Test func aDeviceThatDiesIsAskedForNothingAndItsStateIsUnknown() throws {
    let device = FakeDevice.v2()
    let session = try session(on: device)
    device.die()
    let result = session.step(.state(.v2(.stop)))
    #expect(result.withheld == "its state can't be read")
    #expect(result.errno == .ENODEV)
    #expect(result.reached == nil)
    #expect(throws: DeviceError.self) { try session.observe() }
  }

  // MARK: looking

  @Test func lookingAtV1ReadsThePendingBytesOnlyWhileSaving() throws {
    let device = FakeDevice.v1().holding(4096, at: MigrationRegion.Register.pendingBytes)
    let session = try session(on: device)
    #expect(try session.observe().fields.map(\.liveness) == [.notDefined, .notDefined, .notDefined])
    session.step(.state(.v1(.preCopy)))
    _ = device.takeAsked()
    let fields = try session.observe().fields
    #expect(fields[0].value == 4096)
    #expect(fields.map(\.liveness) == [.live, .notRead, .notRead])
    #expect(offsetsRead(device) == [0, 8])
  }

  @Test func anOpenChunkIsNotAcknowledgedByLooking() throws {
    let device = FakeDevice.v1().holding(4096, at: 8).holding(8192, at: 16).holding(512, at: 24)
    let session = try session(on: device)
    let interface = try #require(session.interface as? V1Interface)
    session.step(.state(.v1(.stopCopy)))
    _ = try session.observe()
    try interface.openChunk()
    _ = device.takeAsked()
    let open = try session.observe().fields
    #expect(offsetsRead(device) == [0])
    #expect(open.map(\.value) == [4096, 8192, 512])
    #expect(open.allSatisfy { if case .lastSeen = $0.liveness { true } else { false } })
    try interface.acknowledgeChunk()
    #expect(try session.observe().fields[0].liveness == .live)
  }

  @Test func leavingTheSavingStatesForgetsTheWindow() throws {
    let session = try session(on: .v1().holding(8192, at: 16))
    let interface = try #require(session.interface as? V1Interface)
    session.step(.state(.v1(.stopCopy)))
    try interface.openChunk()
    session.step(.state(.v1(.stop)))
    session.step(.state(.v1(.stopCopy)))
    #expect(try session.observe().fields.map(\.liveness) == [.live, .notRead, .notRead])
  }

  @Test func aRegisterThatFailsIsShownAsFailed() throws {
    let device = FakeDevice.v2().openingDataFD(for: .preCopy).offeringDataSize()
    let session = try session(on: device)
    #expect(
      try session.observe().fields.map(\.name) == ["data_fd", "initial_bytes", "dirty_bytes", "stop_copy_length"])
    #expect(try session.observe().fields.map(\.liveness) == [.live, .notDefined, .notDefined, .live])
    session.step(.state(.v2(.preCopy)))
    let fields = try session.observe().fields
    #expect(fields.map(\.value) == [1, 100, 7, 96])
    device.die()
    #expect(session.interface.fields(in: .v2(.preCopy)).last?.liveness == .failed(.refused(.ENODEV)))
  }

  @Test func aDeviceFoundSavingMayHaveAChunkOpenAndIsNotAcknowledged() throws {
    let device = FakeDevice.v1().holding(4096, at: 8)
    device.put(in: V1State.stopCopy.rawValue)
    let session = try session(on: device)
    _ = device.takeAsked()
    #expect(try session.observe().fields.map(\.liveness) == [.notRead, .notRead, .notRead])
    #expect(offsetsRead(device) == [0])
  }

  @Test func aNewSavingSessionForgetsTheOldWindow() throws {
    let session = try session(on: .v1().holding(8192, at: 16))
    let interface = try #require(session.interface as? V1Interface)
    session.step(.state(.v1(.stopCopy)))
    try interface.openChunk()
    session.step(.state(.v1(.preCopy)))
    #expect(try session.observe().fields.map(\.liveness) == [.live, .notRead, .notRead])
  }

  @Test func stoppingADeviceInPreCopyKeepsItsOpenChunk() throws {
    let session = try session(on: .v1().holding(8192, at: 16))
    let interface = try #require(session.interface as? V1Interface)
    session.step(.state(.v1(.preCopy)))
    try interface.openChunk()
    session.step(.state(.v1(.stopCopy)))
    let fields = try session.observe().fields
    #expect(fields[0].liveness != .live)
    #expect(fields[1].value == 8192)
  }

  @Test func preCopyFiguresNeedTheDataFD() throws {
    let device = FakeDevice.v2()
    device.put(in: V2State.preCopy.rawValue)
    let fields = try session(on: device).observe().fields
    #expect(fields.map(\.liveness) == [.live, .needsDataFD, .needsDataFD])
  }

  // MARK: the data fd

  @Test func theDataFDIsClosedWhenItsSessionEnds() throws {
    let device = FakeDevice.v2().openingDataFD(for: .preCopy, .resuming)
    let session = try session(on: device)
    session.step(.state(.v2(.preCopy)))
    session.step(.state(.v2(.preCopyP2P)))
    session.step(.state(.v2(.stopCopy)))
    #expect(device.closedStreams.withLock { $0 } == 0)
    session.step(.state(.v2(.resuming)))
    #expect(device.closedStreams.withLock { $0 } == 1)
    session.step(.state(.v2(.running)))
    #expect(device.closedStreams.withLock { $0 } == 2)
  }

  @Test func theDataFDIsClosedByAResetAndAtTheEnd() throws {
    let device = FakeDevice.v2().openingDataFD(for: .preCopy, .stopCopy)
    let session = try session(on: device)
    session.step(.state(.v2(.preCopy)))
    session.step(.reset)
    #expect(device.closedStreams.withLock { $0 } == 1)
    session.step(.state(.v2(.stopCopy)))
    session.interface.close()
    session.interface.close()
    #expect(device.closedStreams.withLock { $0 } == 2)
  }

  @Test func theJournalKeepsAccessesAndSteps() throws {
    let session = try session(on: .v2())
    session.step(.state(.v2(.stop)))
    let entries = session.journal.entries()
    #expect(entries.count > 3)
    guard case .step(let step)? = entries.last?.entry else {
      Issue.record("the step is not the last entry")
      return
    }
    #expect(step.reached == .v2(.stop))
  }

  private func session(on device: FakeDevice) throws -> MigrationSession {
    let journal = Journal()
    let recorded = RecordingDevice(device, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: recorded).interface)
    return MigrationSession(device: recorded, interface: interface, journal: journal)
  }

  private func offsetsRead(_ device: FakeDevice) -> [UInt64] {
    device.takeAsked().compactMap { if case .read(_, let offset, _) = $0 { offset } else { nil } }
  }
}
