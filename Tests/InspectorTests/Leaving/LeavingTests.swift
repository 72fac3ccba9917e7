import Dispatch
import Foundation
import Migration
import Rulebook
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

/// A store whose devices answer on their own queues.
private final class Machine {
  let store = Store(
    listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), makeHandle: { DeviceHandle($0) })

  /// Opens devices and arms them.
  func open(_ names: String...) throws -> [DeviceReference] {
    let references = names.map(DeviceReference.simulated)
    for reference in references {
      store.open(reference)
      try wait { store.status(reference).map { $0.observation != nil && $0.work == nil } == true }
      store.perform(.arm, on: reference)
    }
    return references
  }

  /// Leaves the program, as far as there is anything to wait for.
  func leave() throws -> (words: [String], atRest: Set<DeviceReference>) {
    let leaving = try #require(store.leave())
    try wait { leaving.isOver(at: .now) }
    return (leaving.finish(), leaving.devicesAtRest)
  }

  func lastStep(_ reference: DeviceReference) -> Request? { store.journal(of: reference)?.lastStep?.requested }
}

@Suite("Leaving the program in the middle of a flow")
struct LeavingFlowTests {
  private let machine = Machine()
  private var store: Store { machine.store }

  @Test("is leaving at once when nothing goes on")
  func nothing() throws {
    _ = try machine.open("v2-reference")
    #expect(store.leave() == nil)
  }

  @Test("gives a migration up: the source goes on, the destination is reset, and both are told as read back")
  func migration() throws {
    let devices = try machine.open("v2-reference,size=64M,rate=2M", "v2-reference,size=64M,seed=2")
    let flow = try #require(store.begin(.migrate(devices[0], to: devices[1]), TransferOptions()))
    try wait { flow.status.progress != nil }
    let (words, atRest) = try machine.leave()
    #expect(
      words == [
        "The migration of \(devices[0]) to \(devices[1]) was given up.", "\(devices[0]) is in running, read back.",
        "\(devices[1]) was reset and is in running; what it held is lost.",
      ])
    #expect(store.farewells(atRest: atRest) == [])
    #expect(machine.lastStep(devices[1]) == .reset)
  }

  @Test("gives a save up and leaves no file, and says where the device was before when that is not running")
  func save() throws {
    let folder = try StreamFolder()
    let device = try machine.open("v2-reference,size=64M,rate=2M,state=stop")[0]
    let flow = try #require(store.begin(.save(device, path: folder.path("a")), TransferOptions()))
    try wait { flow.status.progress != nil }
    #expect(FileManager.default.fileExists(atPath: folder.path("a.part")))
    let (words, atRest) = try machine.leave()
    #expect(
      words == ["The save of \(device) to \(folder.path("a")) was given up.", "\(device) is in stop, read back."])
    #expect(
      store.farewells(atRest: atRest)
        == ["\(device) was in stop when it was closed; many drivers go back to running then."])
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.part")))
  }

  @Test("gives a load up: the device is reset")
  func load() throws {
    let folder = try StreamFolder()
    let path = try folder.simulated("a", "v2-reference,size=8M,dirty=0")
    let device = try machine.open("v2-reference,size=8M,dirty=0,access-latency=20ms")[0]
    let flow = try #require(store.begin(.load(device, path: path), TransferOptions()))
    try wait { flow.status.progress != nil }
    let (words, _) = try machine.leave()
    #expect(
      words == [
        "The load of \(device) from \(path) was given up.",
        "\(device) was reset and is in running; what it held is lost.",
      ])
  }

  @Test("asks nothing of devices that were not asked for anything yet, and does not wait for them")
  func untouched() throws {
    let devices = try machine.open("v2-reference,size=64K", "v2-reference,size=64K,seed=2")
    let gate = DispatchSemaphore(value: 0)
    let first = try #require(store.handles(of: [devices[0]]).first)
    first.perform { _ in _ = gate.wait(timeout: .now() + 20) }
    let flow = try #require(store.begin(.migrate(devices[0], to: devices[1]), TransferOptions()))
    let (words, atRest) = try machine.leave()
    #expect(
      words == [
        "The migration of \(devices[0]) to \(devices[1]) was given up before anything was asked of a device."
      ])
    #expect(store.farewells(atRest: atRest) == [])
    gate.signal()
    try wait { flow.status.ending != nil && first.status.work == nil }
    #expect(devices.allSatisfy { machine.lastStep($0) == nil })
  }

  @Test(
    "waits for a device that hangs only so long; another one is brought out of it, and the file is taken away")
  func hanging() throws {
    let folder = try StreamFolder()
    let devices = try machine.open("v2-reference,size=64K,hang=stop-copy", "v2-reference,size=64K,seed=2")
    let third = try machine.open("v2-reference,size=64K,hang=stop-copy,seed=3")[0]
    _ = try #require(store.begin(.migrate(devices[0], to: devices[1]), TransferOptions()))
    _ = try #require(store.begin(.save(third, path: folder.path("a")), TransferOptions()))
    for device in [devices[0], third] {
      try wait { store.journal(of: device)?.open?.step == .state(.v2(.stopCopy)) }
      // What takes less long may still be answered.
      try wait { store.journal(of: device)?.open.map { $0.start.duration(to: .now) > .seconds(2) } == true }
    }
    let begun = ContinuousClock.now
    let leaving = try #require(store.leave(at: begun))
    #expect(!leaving.isOver(at: begun + .milliseconds(4900)))
    #expect(leaving.isOver(at: begun + .seconds(5)))
    #expect(
      leaving.finish() == [
        "The migration of \(devices[0]) to \(devices[1]) did not come to its end.",
        "The save of \(third) to \(folder.path("a")) did not come to its end.",
      ])
    #expect(
      Set(store.farewells(atRest: leaving.devicesAtRest)) == [
        "\(devices[0]) had not answered yet (migrate); its state is not known.",
        "\(devices[1]) was reset and is in running; what it held is lost.",
        "\(third) had not answered yet (save); its state is not known.",
      ])
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.part")))
  }

  @Test("brings the devices of several migrations that hang out of them at the same time")
  func hangingTogether() throws {
    let pairs = try ["1", "2"].map { seed in
      try machine.open(
        "v2-reference,size=64K,hang=stop-copy,seed=\(seed)", "v2-reference,size=64K,access-latency=150ms,seed=1\(seed)")
    }
    for pair in pairs { _ = try #require(store.begin(.migrate(pair[0], to: pair[1]), TransferOptions())) }
    for pair in pairs {
      try wait { store.journal(of: pair[0])?.open.map { $0.start.duration(to: .now) > .seconds(2) } == true }
    }
    let leaving = try #require(store.leave())
    _ = leaving.finish()
    let resets = pairs.flatMap { store.journal(of: $0[1])?.entries() ?? [] }.compactMap { line in
      if case .access(let access, _) = line.entry, access.operation == .reset { access } else { nil }
    }
    #expect(resets.count == 2)
    // One after the other, the second would have begun when the first was done.
    #expect(try #require(resets.map(\.start).max()) < #require(resets.map { $0.start + $0.duration }.min()))
  }

  @Test("at once leaves also a device that answers as it is, and says how it was last seen")
  func atOnce() throws {
    let devices = try machine.open("v2-reference,size=64K,hang=stop-copy", "v2-reference,size=64K,seed=2")
    _ = try #require(store.begin(.migrate(devices[0], to: devices[1]), TransferOptions()))
    try wait { store.journal(of: devices[0])?.open?.step == .state(.v2(.stopCopy)) }
    let leaving = try #require(store.leave())
    _ = leaving.finish(atOnce: true)
    #expect(
      store.farewells(atRest: leaving.devicesAtRest).contains(
        "\(devices[1]) was left in the middle of it (migrate), last seen in resuming. "
          + "It has only a part of the data: reset it before it is used."))
  }

  @Test("does not wait at all for a device that has not answered for long already")
  func hangingForLong() throws {
    let clock = TestClock()
    let begun = clock.now()
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }),
      makeHandle: { DeviceHandle($0, clock: clock.now) })
    let device = DeviceReference.simulated("v2-reference,hang=stop-copy")
    store.open(device)
    try wait { store.status(device).map { $0.observation != nil && $0.work == nil } == true }
    store.perform(.arm, on: device)
    store.perform(.step(.state(.v2(.stopCopy))), on: device)
    try wait { store.journal(of: device)?.open?.step != nil }
    #expect(store.leave(at: begun)?.isOver(at: begun) == false)
    clock.advance(by: .seconds(5))
    let leaving = try #require(store.leave(at: begun))
    #expect(leaving.isOver(at: begun))
    #expect(leaving.finish() == [])
    #expect(
      store.farewells(atRest: leaving.devicesAtRest)
        == ["\(device) had not answered yet (step to stop-copy); its state is not known."])
  }
}

@Suite("Leaving the program in the middle of other long works")
struct LeavingWorkTests {
  private let machine = Machine()
  private var store: Store { machine.store }

  @Test("waits for the answer to a step, so that its state is told")
  func step() throws {
    let device = try machine.open("v2-reference,dirty=0,latency=300ms")[0]
    store.perform(.step(.state(.v2(.stop))), on: device)
    let (words, atRest) = try machine.leave()
    #expect(words == [])
    #expect(
      store.farewells(atRest: atRest)
        == ["\(device) was in stop when it was closed; many drivers go back to running then."])
  }

  @Test("gives a check of the rules up")
  func rules() throws {
    let device = try machine.open("v2-reference,size=64K,latency=50ms")[0]
    store.perform(.checkRules(.lose), on: device)
    try wait { store.status(device)?.rules?.report.findings.isEmpty == false }
    let (words, atRest) = try machine.leave()
    #expect(
      words == ["The check of the rules of \(device) was given up.", "\(device) is in running, read back."]
        || words == [
          "The check of the rules of \(device) was given up.",
          "\(device) was reset and is in running; what it held is lost.",
        ])
    #expect(atRest == [device])
    #expect(store.status(device)?.rules?.report.ending == .cancelled)
  }

  @Test("says nothing of a check that was given up long before")
  func afterwards() throws {
    let device = try machine.open("v2-reference,size=64K,dirty=0,latency=300ms")[0]
    store.perform(.checkRules(.none), on: device)
    store.giveUpChecks(device)
    try wait { store.status(device).map { $0.rules != nil && $0.work == nil } == true }
    store.perform(.step(.state(.v2(.stop))), on: device)
    #expect(try machine.leave().words == [])
  }

  @Test("gives a fault of the user up")
  func fault() throws {
    let device = try machine.open("v2-reference,size=64K,latency=100ms")[0]
    let fault = try #require(UserFault.all.first { $0.name == "close-device" })
    store.perform(.makeFault(fault), on: device)
    try wait { store.status(device)?.fault != nil }
    let (words, _) = try machine.leave()
    #expect(words.first == "The fault close-device on \(device) was given up.")
    #expect(words.last?.contains("is in running") == true)
    #expect(store.status(device)?.fault?.ending == .cancelled)
  }

  @Test("switches dirty page logging off and takes the memory back, also of a device that gives its data")
  func dirtyPages() throws {
    let folder = try StreamFolder()
    let device = try machine.open("v2-reference,size=64M,rate=2M")[0]
    store.perform(.watchDirtyPages, on: device)
    try wait { store.status(device).map { $0.dirty != nil && $0.work == nil } == true }
    let flow = try #require(store.begin(.save(device, path: folder.path("a")), TransferOptions()))
    try wait { flow.status.progress != nil }
    let (words, _) = try machine.leave()
    #expect(words.contains("Dirty page logging of \(device) was switched off."))
    #expect(words.contains("\(device) is in running, read back."))
    let calls = store.journal(of: device)?.entries().compactMap { entry -> String? in
      if case .access(let access, false) = entry.entry { "\(access.operation)" } else { nil }
    }
    #expect(calls?.contains { $0.contains("DMA_LOGGING_STOP") } == true)
    #expect(calls?.last?.hasPrefix("UNMAP_DMA") == true)
  }

  @Test("brings the devices of a scenario back: the one that was loaded by a reset, the other as it was")
  func scenario() throws {
    let devices = try machine.open("v2-reference,size=2M,seed=1", "v2-reference,size=2M,rate=500K,seed=2")
    let scenario = try #require(try ScenarioCatalog.shipped.get().first { $0.name == "v2-save-restore" })
    let stage = store.prepare(scenario, on: devices)
    store.perform(.toEnd, on: stage, arming: true)
    try wait { store.journal(of: devices[1])?.lastState == .v2(.resuming) && stage.status.run.next == 6 }
    let (words, atRest) = try machine.leave()
    #expect(
      words == [
        "The scenario v2-save-restore was given up.", "\(devices[0]) is in running, read back.",
        "\(devices[1]) was reset and is in running; what it held is lost.",
      ])
    #expect(store.farewells(atRest: atRest) == [])
    #expect(stage.status.run.ending == .cancelled)
  }

  @Test("leaves the devices of a scenario that comes to its end meanwhile where it has left them")
  func played() throws {
    let device = try machine.open("v2-reference,size=64K,latency=200ms")[0]
    let text = """
      title = "Stop"
      shows = "It stops."
      protocol = "v2"
      [[steps]]
      say = "It stops."
      ask = "stop"
      """
    let stage = store.prepare(try Scenario(name: "stop", file: "stop.toml", text: text), on: [device])
    store.perform(.next, on: stage, arming: true)
    // The step is under way, and is the last one: nothing comes after it that could be given up.
    try wait { store.journal(of: device)?.open?.step == .state(.v2(.stop)) }
    #expect(
      try machine.leave().words
        == ["The scenario stop was done before it could be given up.", "\(device) is in stop, read back."])
    #expect(machine.lastStep(device) == .state(.v2(.stop)))
  }
}
