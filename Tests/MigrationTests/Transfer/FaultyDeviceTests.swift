import Glibc
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Migration

/// Devices that do what they should not do, in the middle of their data.
@Suite struct FaultyDeviceTests {
  // MARK: the device fails

  @Test(arguments: ["v1-reference,chunk=16K", "v2-reference,size=4M"])
  func aDeviceThatGoesToErrorHalfWayIsLeftThereAndSaidSo(profile: String) throws {
    let device = try SimulatedSession("\(profile),dirty=0,break=3M")
    let stream = MemoryStream()
    let report = SaveOperation(device.session, to: stream).run()
    #expect(report.fault?.errno == .EIO)
    #expect(stream.chunks.count > 1)
    #expect(report.states.map(\.state?.name) == ["error"])
  }

  @Test(arguments: ["v1-reference", "v2-reference"])
  func aDestinationThatGoesToErrorHalfWayIsReset(profile: String) throws {
    let stream = try saved("\(profile),size=4M,dirty=0")
    let device = try SimulatedSession("\(profile),size=4M,dirty=0,seed=2,break=2M")
    let before = try device.memory()
    let report = LoadOperation(device.session, from: stream).run()
    #expect(report.fault?.errno == .EIO)
    #expect(report.states.map(\.state?.name) == ["running"])
    #expect(try device.memory() == before)
  }

  @Test(arguments: ["v1-reference", "v2-reference"])
  func aSourceThatGoesToErrorHalfWayLeavesTheDestinationReset(profile: String) throws {
    let source = try SimulatedSession("\(profile),size=4M,dirty=0,break=2M")
    let destination = try SimulatedSession("\(profile),size=4M,dirty=0,seed=2")
    let before = try destination.memory()
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault?.errno == .EIO)
    #expect(report.states.map(\.state?.name) == ["error", "running"])
    #expect(try destination.memory() == before)
  }

  @Test(arguments: ["v1-reference,chunk=16K", "v1-reference,chunk=16K,map=only", "v2-reference,size=8M"])
  func aDeviceThatVanishesEndsTheSaving(profile: String) throws {
    let device = try SimulatedSession("\(profile),dirty=0")
    let stream = MemoryStream()
    stream.onChunk = { if $0 == 2 { device.vanish() } }
    let report = SaveOperation(device.session, to: stream).run()
    #expect(report.fault?.errno == .ENODEV)
    #expect(stream.chunks.count == 2)
    #expect(report.states.map(\.state) == [nil])
  }

  @Test(arguments: ["v1-reference,chunk=16K", "v1-reference,chunk=16K,map=only", "v2-reference"])
  func aDeviceThatVanishesEndsTheLoading(profile: String) throws {
    let stream = try saved("\(profile),size=4M,dirty=0")
    let device = try SimulatedSession("\(profile),size=4M,dirty=0,seed=2")
    stream.onChunk = { if $0 == 2 { device.vanish() } }
    let report = LoadOperation(device.session, from: stream).run()
    #expect(report.fault?.errno == .ENODEV)
    #expect(report.chunks == 1)
    #expect(report.states.map(\.state) == [nil])
  }

  @Test(arguments: ["v1-reference", "v2-reference"])
  func theStreamOfAnotherDeviceIsNeverRun(profile: String) throws {
    let stream = try saved("\(profile),size=128K,dirty=0")
    let device = try SimulatedSession("\(profile),size=64K,dirty=0")
    let before = try device.memory()
    let report = LoadOperation(device.session, from: stream).run()
    #expect(report.fault?.errno == .EINVAL)
    #expect(device.state == "running")
    #expect(try device.memory() == before)
  }

  // MARK: the window moves

  @Test(arguments: [WindowAccess.message, .map]) func aWindowThatMovesIsFollowedInASave(access: WindowAccess) throws {
    let memory = try #require(SharedMemory(count: 65536))
    memory.withMutableBytes { bytes in
      bytes.storeBytes(of: UInt64(11), toByteOffset: 4096, as: UInt64.self)
      bytes.storeBytes(of: UInt64(22), toByteOffset: 32768, as: UInt64.self)
    }
    // The place of the first chunk is asked for twice.
    let device = movingWindow().holding([4096, 4096, 32768], at: 16).holding([8, 8, 0], at: 8).holding(8, at: 24)
      .holding(11, at: 4096).holding(22, at: 32768).mapping(memory).lettingItselfBeMapped()
    let (stream, report) = try save(device, access)
    #expect(report.fault == nil)
    #expect(stream.chunks == [[UInt8](number: UInt64(11)), [UInt8](number: UInt64(22))])
  }

  @Test func aWindowThatMovesIsFollowedInALoad() throws {
    let device = movingWindow()
    let stream = MemoryStream()
    stream.chunks = [[1, 2, 3, 4], [5, 6, 7, 8]]
    let report = LoadOperation(try session(device), from: stream).run()
    #expect(report.fault == nil)
    let asked = device.takeAsked()
    #expect(asked.contains(.write(region: 1, offset: 4096, count: 4)))
    #expect(asked.contains(.write(region: 1, offset: 32768, count: 4)))
  }

  /// What was read from it would be other bytes than those of the chunk.
  @Test(arguments: ["auto", "map"]) func aWindowThatMovesWhileItsChunkIsOpenIsRefused(access: String) throws {
    let device = try SimulatedSession("v1-reference,size=64K,dirty=0,fault=offset-moves")
    var options = TransferOptions()
    options.access = try #require(WindowAccess(rawValue: access))
    let report = SaveOperation(device.session, to: MemoryStream(), options: options).run()
    #expect(report.fault?.description.contains("for the same chunk") == true)
    #expect(report.bytes == 0)
    #expect(device.state == "running")
  }

  @Test func aWindowThatBeginsToMoveIsFoundOut() throws {
    // After 26 chunks more than a megabyte has been taken on trust.
    let device = FakeDevice.v1().holding(40_000, at: 8).holding(40_000, at: 24)
      .holding([UInt64](repeating: 4096, count: 2 + 26 + 1) + [8192], at: 16)
    let (stream, report) = try save(device)
    #expect(report.fault?.description.contains("data_offset was 4096, then 8192") == true)
    #expect(stream.chunks.count > 20)
  }

  private func movingWindow() -> FakeDevice { FakeDevice.v1().holding([4096, 32768], at: 16) }

  // MARK: nothing, EINTR, EAGAIN

  @Test func noBytesAreNothingNowInPreCopyAndTheEndInStopCopy() throws {
    let device = FakeDevice.v2().openingDataFD(for: .preCopy)
      .streaming(reads: [.gives([]), .gives([1])])
    let (stream, report) = try save(device, preCopy: true)
    #expect(report.fault == nil)
    #expect(stream.chunks == [[1]])
    #expect(stream.phases == ["pre-copy", "stop-copy"])
  }

  @Test func aWindowThatGivesNoBytesIsAFault() throws {
    let device = FakeDevice.v1().holding(8, at: 8).holding(4096, at: 16).holding(8, at: 24).givingNothing(at: 4096)
    #expect(try save(device).report.fault == .window("the device gave 0 of the 8 bytes it had announced"))
  }

  @Test func aDataFDThatTakesNoBytesIsAFault() throws {
    let device = FakeDevice.v2().openingDataFD(for: .resuming).streaming(writes: [.takes(0)])
    guard case .device(let error)? = try load([[1, 2, 3]], device).fault else {
      Issue.record("it went on")
      return
    }
    #expect(error.reason == .short(expected: 1, got: 0))
  }

  @Test func aSignalDoesNotEndASave() throws {
    let v2 = FakeDevice.v2(flags: 1).openingDataFD(for: .stopCopy).interruptingOne(in: 2)
      .streaming(reads: [.gives([1]), .gives([2, 3])])
    #expect(try save(v2).stream.chunks == [[1], [2, 3]])
    // The data comes in pieces of 8 bytes: those that were read are not read again.
    let v1 = FakeDevice.v1().holding([24, 0], at: 8).holding(4096, at: 16).holding(24, at: 24)
      .holding(1, at: 4096).holding(2, at: 4104).holding(3, at: 4112).interruptingOne(in: 3)
    let (stream, report) = try save(v1)
    #expect(report.fault == nil)
    #expect(stream.bytes == [1, 2, 3].flatMap { [UInt8](number: UInt64($0)) })
  }

  @Test func aSignalDoesNotEndALoad() throws {
    let v2 = FakeDevice.v2().openingDataFD(for: .resuming).interruptingOne(in: 2)
    #expect(try load([[1], [2], [3]], v2).fault == nil)
    let v1 = FakeDevice.v1().holding(4096, at: 16).interruptingOne(in: 2)
    #expect(try load([[1, 2, 3, 4], [5, 6, 7, 8]], v1).fault == nil)
  }

  @Test func signalsWithoutEndEndIt() throws {
    let v2 = FakeDevice.v2(flags: 1).openingDataFD(for: .stopCopy, .resuming).interruptingOne(in: 1)
    #expect(try save(v2).report.fault?.errno == .EINTR)
    #expect(try load([[1]], v2).fault?.errno == .EINTR)
    #expect(try save(FakeDevice.v1().interruptingOne(in: 1)).report.fault?.errno == .EINTR)
  }

  @Test func dataThatIsNotReadyIsWaitedFor() throws {
    let device = FakeDevice.v2(flags: 1).openingDataFD(for: .stopCopy)
      .streaming(reads: [.refuses(.EAGAIN), .gives([1]), .refuses(.EAGAIN), .refuses(.EAGAIN), .gives([2])])
    let (stream, report) = try save(device)
    #expect(report.fault == nil)
    #expect(stream.chunks == [[1], [2]])
    let slow = try SimulatedSession("v2-reference,size=64K,dirty=0,stall=5")
    #expect(SaveOperation(slow.session, to: MemoryStream()).run().fault == nil)
  }

  /// It is not asked while what it gave before goes through a slow pipe.
  @Test func theTimeAPipeTakesIsNotTheDevicesSilence() throws {
    let device = FakeDevice.v2(flags: 1).openingDataFD(for: .stopCopy)
      .streaming(reads: [.gives([1]), .refuses(.EAGAIN), .gives([2])])
    let stream = MemoryStream()
    stream.onFlush = { usleep(60_000) }
    var options = TransferOptions()
    options.limits.stall = .milliseconds(20)
    let report = SaveOperation(try session(device), to: stream, options: options).run()
    #expect(report.fault == nil)
    #expect(stream.chunks == [[1], [2]])
  }

  @Test func aDeviceThatIsNotReadyToTakeDataIsWaitedForAndGetsAllOfIt() throws {
    let device = FakeDevice.v2().openingDataFD(for: .resuming)
      .streaming(writes: [.refuses(.EAGAIN), .takes(2), .refuses(.EAGAIN), .takes(1)])
    #expect(try load([[1, 2, 3, 4, 5]], device).fault == nil)
  }

  // MARK: next to nothing at a time

  /// Ends when so many accesses have been made.
  private func observer(endingAfter count: Int, _ device: FakeDevice) -> TransferObserver {
    let made = Atomic(0)
    return TransferObserver(isCancelled: {
      let accesses = device.takeAsked().count { if case .feature = $0 { false } else { true } }
      return made.add(accesses, ordering: .relaxed).newValue > count
    })
  }

  @Test func aV1DeviceThatTakesBytesOneByOneCanBeGivenUpInAChunk() throws {
    let device = FakeDevice.v1().holding(4096, at: 16).takingAtMost(1)
    let stream = MemoryStream()
    stream.chunks = [[UInt8](repeating: 7, count: 4096)]
    let report = LoadOperation(try session(device), from: stream, observer: observer(endingAfter: 100, device)).run()
    #expect(report.fault == .cancelled)
    #expect(report.bytes == 0)
    #expect(report.states.map(\.state?.name) == ["running"])
  }

  @Test func aV1DeviceThatGivesEightBytesAtATimeCanBeGivenUpInAChunk() throws {
    let device = FakeDevice.v1().holding(4096, at: 8).holding(4096, at: 16).holding(4096, at: 24)
    let report = SaveOperation(
      try session(device), to: MemoryStream(), observer: observer(endingAfter: 100, device)
    ).run()
    #expect(report.fault == .cancelled)
    #expect(report.bytes == 0)
  }

  @Test func aDataFDThatTakesBytesOneByOneCanBeGivenUpInAChunk() throws {
    let device = FakeDevice.v2().openingDataFD(for: .resuming).takingAtMost(1)
    let asked = Atomic(0)
    let observer = TransferObserver(isCancelled: { asked.add(1, ordering: .relaxed).newValue > 100 })
    let stream = MemoryStream()
    stream.chunks = [[UInt8](repeating: 7, count: 4096)]
    let report = LoadOperation(try session(device), from: stream, observer: observer).run()
    #expect(report.fault == .cancelled)
    #expect(asked.load(ordering: .relaxed) == 101)
  }

  /// One that says that it is ready is asked without a pause.
  @Test func aDataFDThatIsReadyAndTakesNothingIsHeldToTheTime() throws {
    let device = FakeDevice.v2().openingDataFD(for: .resuming)
      .streaming(writes: [FakeDevice.StreamAnswer](repeating: .refuses(.EAGAIN), count: 10_000_000))
    var options = TransferOptions()
    options.limits.time = .milliseconds(20)
    let stream = MemoryStream()
    stream.chunks = [[1, 2, 3]]
    let report = LoadOperation(try session(device), from: stream, options: options).run()
    #expect(report.fault == .bound("no end after 0.02 seconds (--max-time)"))
    #expect(report.states.map(\.state?.name) == ["running"])
  }

  @Test func anAreaThatIsLongerThanAnyMapIsNoReasonToTrap() throws {
    let memory = try #require(SharedMemory(count: 65536))
    memory.withMutableBytes { $0.storeBytes(of: UInt64(11), toByteOffset: 4096, as: UInt64.self) }
    let area = RegionReply.sparse(count: 1, [(0, 1 << 63)])
    let device = FakeDevice.v1(region: RegionReply.region(size: .max, capabilities: [RegionReply.type(3, 1), area]))
      .holding([8, 0], at: 8).holding(4096, at: 16).holding(8, at: 24).mapping(memory).lettingItselfBeMapped()
    let (stream, report) = try save(device, .map)
    #expect(report.fault == nil)
    #expect(stream.chunks == [[UInt8](number: UInt64(11))])
  }

  // MARK: how

  private func session(_ device: FakeDevice) throws -> MigrationSession {
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    return MigrationSession(device: device, interface: interface, journal: Journal())
  }

  private func save(
    _ device: FakeDevice, _ access: WindowAccess = .auto, preCopy: Bool = false
  ) throws -> (stream: MemoryStream, report: TransferReport) {
    var options = TransferOptions()
    (options.preCopy, options.access) = (preCopy, access)
    let stream = MemoryStream()
    return (stream, SaveOperation(try session(device), to: stream, options: options).run())
  }

  private func load(_ chunks: [[UInt8]], _ device: FakeDevice) throws -> TransferReport {
    let stream = MemoryStream()
    stream.chunks = chunks
    return LoadOperation(try session(device), from: stream).run()
  }

  private func saved(_ address: String) throws -> MemoryStream {
    let stream = MemoryStream()
    #expect(SaveOperation(try SimulatedSession(address).session, to: stream).run().fault == nil)
    return stream
  }
}

extension TransferFault {
  /// The number a device answered with.
  fileprivate var errno: Errno? {
    switch self {
    case .device(let error): error.errno
    case .step(let step): step.errno
    case .window, .stream, .bound, .cancelled, .stranded: nil
    }
  }
}
