import TestSupport
import Testing
import VFIO

@testable import Migration

/// A device's state out of it and into another one, on the simulator.
@Suite struct SaveAndLoadTests {
  static let profiles = [
    "v1-reference,size=1M,dirty=0,chunk=64K", "v1-reference,size=300K,dirty=0,chunk=4K,window=8K",
    "v2-reference,size=1M,dirty=0", "v2-reference,size=1M,dirty=0,flags=1",
  ]

  @Test(arguments: profiles) func whatIsSavedComesBack(profile: String) throws {
    let source = try SimulatedSession("\(profile),seed=1")
    let stream = MemoryStream()
    let saved = SaveOperation(source.session, to: stream).run()
    #expect(saved.fault == nil)
    #expect(saved.bytes == UInt64(stream.bytes.count))
    #expect(saved.states.map(\.state?.name) == ["running"])
    let target = try SimulatedSession("\(profile),seed=2")
    #expect(try target.memory() != source.memory())
    let loaded = LoadOperation(target.session, from: stream).run()
    #expect(loaded.fault == nil)
    #expect(loaded.bytes == saved.bytes)
    #expect(target.state == "running")
    #expect(try target.memory() == source.memory())
  }

  /// What was saved is good; that the device stands still must not be missed.
  @Test(arguments: [
    ("v1-reference,fail=running:EIO", "stop"), ("v2-reference,flags=1,fail=running:EIO", "stop"),
    ("v2-reference,fail=running:EIO:error", "error"),
  ]) func aDeviceThatDoesNotGoOnAfterItsSaveIsAFault(options: String, left: String) throws {
    let device = try SimulatedSession("\(options),size=64K,dirty=0")
    let stream = MemoryStream()
    let report = SaveOperation(device.session, to: stream).run()
    guard case .stranded(let why)? = report.fault else {
      Issue.record("\(String(describing: report.fault))")
      return
    }
    #expect(why.contains("EIO") || why.contains("error"))
    #expect(report.isWhole && report.bytes >= 64 << 10)
    #expect(report.states.map(\.state?.name) == [device.state])
    #expect(device.state == left || device.state == "stop-copy")
  }

  /// There is no arc back into pre-copy from stop-copy (linux/vfio.h).
  @Test(arguments: ["v1-reference", "v2-reference", "v2-reference,flags=7"])
  func aDeviceThatWasFoundInPreCopyRunsAfterwards(options: String) throws {
    for state in ["pre-copy"] + (options.contains("flags=7") ? ["pre-copy-p2p"] : []) {
      let device = try SimulatedSession("\(options),size=64K,dirty=0")
      _ = device.session.step(.state(try #require(device.session.state(named: state))))
      let report = SaveOperation(device.session, to: MemoryStream()).run()
      #expect(report.fault == nil)
      // v1 has it: the device is where it was.
      let before = options.hasPrefix("v1") ? "pre-copy" : state == "pre-copy" ? "running" : "running-p2p"
      #expect(device.state == before)
    }
  }

  @Test(arguments: ["v1-reference", "v2-reference"])
  func aDeviceThatDoesNotComeToResumingGoesOnWithItsOwnState(options: String) throws {
    let stream = MemoryStream()
    #expect(SaveOperation(try SimulatedSession("\(options),size=64K").session, to: stream).run().fault == nil)
    let device = try SimulatedSession("\(options),size=64K,dirty=0,seed=2,fail=resuming:EBUSY")
    let before = try device.memory()
    let report = LoadOperation(device.session, from: stream).run()
    #expect(report.fault != nil)
    #expect(device.state == "running")
    #expect(report.states.first?.reset == nil)
    #expect(try device.memory() == before)
    #expect(!device.asked(.reset))
  }

  @Test func aDeviceInItsErrorStateIsNotResetByALoad() throws {
    let stream = MemoryStream()
    #expect(SaveOperation(try SimulatedSession("v2-reference,size=64K").session, to: stream).run().fault == nil)
    let device = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,state=error")
    #expect(LoadOperation(device.session, from: stream).run().fault != nil)
    #expect(device.state == "error" && !device.asked(.reset))
  }

  @Test(arguments: profiles) func aStoppedDeviceSavesTheSameTwice(profile: String) throws {
    let device = try SimulatedSession("\(profile),state=stop")
    let (first, second) = (MemoryStream(), MemoryStream())
    #expect(SaveOperation(device.session, to: first).run().fault == nil)
    #expect(device.state == "stop")
    #expect(SaveOperation(device.session, to: second).run().fault == nil)
    #expect(first.chunks == second.chunks)
  }

  @Test(arguments: profiles.dropLast()) func whatARunningDeviceGaveIsWrittenWhileItHasNoMore(profile: String) throws {
    let stream = MemoryStream()
    var options = TransferOptions()
    options.preCopy = true
    // One that can't be met: the device is asked until nothing more comes.
    options.downtimeTarget = .seconds(-1)
    let report = SaveOperation(try SimulatedSession(profile).session, to: stream, options: options).run()
    let live = Int(report.phases.first?.chunks ?? 0)
    #expect(report.phases.count == 2 && live > 0)
    #expect(stream.flushes.contains(live))
  }

  @Test(arguments: WindowAccess.allCases) func aV1WindowIsReadByMessageAndByMap(access: WindowAccess) throws {
    let device = try SimulatedSession("v1-reference,size=256K,dirty=0,state=stop,chunk=16K")
    let (stream, other) = (MemoryStream(), MemoryStream())
    var options = TransferOptions()
    options.access = access
    #expect(SaveOperation(device.session, to: stream, options: options).run().fault == nil)
    #expect(SaveOperation(device.session, to: other).run().fault == nil)
    #expect(stream.chunks == other.chunks)
    let target = try SimulatedSession("v1-reference,size=256K,dirty=0,seed=9,chunk=16K")
    #expect(LoadOperation(target.session, from: stream, options: options).run().fault == nil)
    #expect(try target.memory() == device.memory())
  }

  @Test func theMapIsTakenWhereMessagesAreNotSupported() throws {
    let device = try SimulatedSession("v1-reference,size=256K,dirty=0,map=only")
    let stream = MemoryStream()
    #expect(SaveOperation(device.session, to: stream).run().fault == nil)
    let target = try SimulatedSession("v1-reference,size=256K,dirty=0,map=only,seed=3")
    #expect(LoadOperation(target.session, from: stream).run().fault == nil)
    #expect(try target.memory() == device.memory())
  }

  @Test func messagesAloneAreInsistedOn() throws {
    let device = try SimulatedSession("v1-reference,size=64K,dirty=0,map=only")
    var options = TransferOptions()
    options.access = .message
    let report = SaveOperation(device.session, to: MemoryStream(), options: options).run()
    guard case .device(let error)? = report.fault else {
      Issue.record("no device refused: \(String(describing: report.fault))")
      return
    }
    #expect(error.errno == .ENOTSUP)
    #expect(device.state == "running")
  }

  @Test(arguments: ["v1-reference", "v2-reference"]) func preCopyComesFirstWhenItIsWanted(profile: String) throws {
    let device = try SimulatedSession("\(profile),size=512K,dirty=64K")
    let stream = MemoryStream()
    let report = SaveOperation(device.session, to: stream).run()
    #expect(report.fault == nil)
    #expect(stream.phases == ["pre-copy", "stop-copy"])
    #expect(report.phases.map(\.state) == ["pre-copy", "stop-copy"])
    #expect(report.phases.allSatisfy { $0.bytes > 0 })
    #expect(report.downtime.map { $0 > .zero } == true)
    let target = try SimulatedSession("\(profile),size=512K,dirty=0,seed=8")
    #expect(LoadOperation(target.session, from: stream).run().fault == nil)
  }

  @Test func withoutPreCopyThereIsOnlyStopCopy() throws {
    let device = try SimulatedSession("v2-reference,size=64K")
    var options = TransferOptions()
    options.preCopy = false
    #expect(
      SaveOperation(device.session, to: MemoryStream(), options: options).run().phases.map(\.state) == ["stop-copy"])
  }

  // MARK: what goes wrong

  @Test(arguments: ["v1-reference", "v2-reference"]) func aCutStreamIsNeverRun(profile: String) throws {
    let source = try SimulatedSession("\(profile),size=256K,dirty=0,chunk=16K")
    let stream = MemoryStream()
    _ = SaveOperation(source.session, to: stream).run()
    stream.chunks.removeLast()
    let target = try SimulatedSession("\(profile),size=256K,dirty=0,seed=5,chunk=16K")
    let before = try target.memory()
    let report = LoadOperation(target.session, from: stream).run()
    guard case .step(let step)? = report.fault else {
      Issue.record("no step refused: \(String(describing: report.fault))")
      return
    }
    #expect(step.errno == .EINVAL)
    // It was reset: it runs as at its beginning, not on a part of the other's state.
    #expect(target.state == "running")
    #expect(try target.memory() == before)
  }

  @Test(arguments: ["v1-reference", "v2-reference"]) func afterAFullDiskTheDeviceGoesOn(profile: String) throws {
    let device = try SimulatedSession("\(profile),size=1M,chunk=4K,flags=1".replacingV1Flags)
    let stream = MemoryStream()
    let full = StreamFault("x", .system(.ENOMEM), "full")
    stream.failing = (1, full)
    let report = SaveOperation(device.session, to: stream).run()
    #expect(report.fault == .stream(full))
    #expect(device.state == "running")
  }

  @Test(arguments: ["v1-reference", "v2-reference"]) func bytesAreBounded(profile: String) throws {
    let device = try SimulatedSession("\(profile),size=8M,dirty=0")
    var options = TransferOptions()
    options.limits.bytes = 1 << 20
    let report = SaveOperation(device.session, to: MemoryStream(), options: options).run()
    #expect(report.fault == .bound("more than 1048576 bytes and no end (--max-bytes)"))
    #expect(device.state == "running")
  }

  @Test func theUserCanGiveUp() throws {
    let device = try SimulatedSession("v2-reference,size=8M")
    let observer = TransferObserver(isCancelled: { true })
    let report = SaveOperation(device.session, to: MemoryStream(), observer: observer).run()
    #expect(report.fault == .cancelled)
    #expect(device.state == "running")
  }

  @Test func aRefusedStopLeavesTheDeviceRunning() throws {
    let device = try SimulatedSession("v2-reference,fail=stop-copy:EIO")
    let report = SaveOperation(device.session, to: MemoryStream()).run()
    #expect(report.fault?.description == "stop-copy was refused: EIO (Input/output error)")
    #expect(device.state == "running")
  }

  @Test func aDeviceInErrorIsLeftThereAndSaidSo() throws {
    let device = try SimulatedSession("v1-reference,fail=stop-copy:EIO:error")
    let report = SaveOperation(device.session, to: MemoryStream()).run()
    #expect(report.fault != nil)
    #expect(report.states.map(\.state?.name) == ["error"])
  }

  @Test func aWindowOutsideTheRegionIsNotRead() throws {
    let device = FakeDevice.v1().holding(4096, at: 8).holding(1 << 40, at: 16).holding(512, at: 24)
    let report = try run(device)
    #expect(
      report.fault == .window("a chunk of 512 bytes at offset 1099511627776 does not lie in the region of 65536 bytes"))
  }

  @Test(arguments: [0, 8, 31] as [UInt64]) func aWindowOverTheRegistersIsNotRead(offset: UInt64) throws {
    let report = try run(FakeDevice.v1().holding(4096, at: 8).holding(offset, at: 16).holding(512, at: 24))
    guard case .window? = report.fault else {
      Issue.record("the window was read: \(String(describing: report.fault))")
      return
    }
  }

  @Test func aWindowWhoseEndWrapsIsNotRead() throws {
    let report = try run(FakeDevice.v1().holding(4096, at: 8).holding(.max - 3, at: 16).holding(512, at: 24))
    guard case .window? = report.fault else {
      Issue.record("the window was read: \(String(describing: report.fault))")
      return
    }
  }

  @Test func aDeviceThatNeverHasDataAndNeverEndsIsGivenUp() throws {
    let device = FakeDevice.v1().holding(4096, at: 8).holding(4096, at: 16).holding(0, at: 24)
    var options = TransferOptions()
    options.preCopy = false
    options.limits.stall = .milliseconds(20)
    let report = try run(device, options)
    guard case .bound(let why)? = report.fault else {
      Issue.record("it went on: \(String(describing: report.fault))")
      return
    }
    #expect(why.contains("that has not said that it is done"))
  }

  private func run(_ device: FakeDevice, _ options: TransferOptions? = nil) throws -> TransferReport {
    var defaults = TransferOptions()
    defaults.preCopy = false
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: Journal())
    return SaveOperation(session, to: MemoryStream(), options: options ?? defaults).run()
  }
}

extension String {
  /// The profile of v1 has no flags.
  fileprivate var replacingV1Flags: String {
    hasPrefix("v1") ? split(separator: ",").filter { !$0.hasPrefix("flags=") }.joined(separator: ",") : self
  }
}
