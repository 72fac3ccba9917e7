import Dispatch
import Migration
import Testing
import VFIO

@testable import Inspector

@Suite("Devices that are lent")
struct LendingTests {
  private let references = ["v2-reference,seed=1", "v1-reference,seed=2"].map(DeviceReference.simulated)

  private func opened(_ execution: Execution = .queue) throws -> [DeviceHandle] {
    let handles = references.map { DeviceHandle($0, execution: execution) }
    for handle in handles { try wait { handle.status.observation != nil && handle.status.work == nil } }
    return handles
  }

  @Test("are all at work at once, and are handed over in their order")
  func together() throws {
    let (handles, gate, events) = (try opened(), DispatchSemaphore(value: 0), Events())
    DeviceHandle.lend(handles, for: "migrate") { devices in
      devices.forEach { events.add("\($0.reference)") }
      gate.wait()
    }
    #expect(handles.map(\.status.work?.name) == ["migrate", "migrate"])
    try wait { events.all.count == 2 }
    #expect(events.all == references.map(\.description))
    #expect(handles.map(\.status.work?.name) == ["migrate", "migrate"])
    gate.signal()
    try wait { handles.allSatisfy { $0.status.work == nil } }
  }

  @Test("are looked at when they are back, however often it was asked meanwhile, and tell their last step")
  func back() throws {
    let (handles, gate, events) = (try opened(), DispatchSemaphore(value: 0), Events())
    DeviceHandle.lend(handles, for: "migrate") { devices in
      events.add("lent")
      gate.wait()
      devices[0].session?.step(.state(.v2(.stop)))
    }
    // Until a device's turn has come it may still be looked at.
    try wait { events.all == ["lent"] }
    let looks = handles.map { $0.journal.entries().count }
    for _ in 0..<100 { handles.forEach { $0.look() } }
    #expect(handles.map { $0.journal.entries().count } == looks)
    gate.signal()
    try wait { handles.allSatisfy { $0.status.work == nil } }
    #expect(handles[0].status.observation?.state == .v2(.stop))
    #expect(handles[0].status.lastStep?.reached == .v2(.stop))
    #expect(handles[1].status.lastStep == nil)
    // The one look that had waited, and the one that follows a loan: not a hundred.
    try wait { handles[1].journal.entries().count > looks[1] + 1 }
    #expect(handles[1].journal.entries().count < looks[1] + 20)
  }

  @Test("may be looked at until their turn has come, which waits for the devices before them")
  func beforeItsTurn() throws {
    let (handles, gate, events) = (try opened(), DispatchSemaphore(value: 0), Events())
    handles[0].perform { _ in gate.wait() }
    DeviceHandle.lend(handles, for: "migrate") { _ in events.add("lent") }
    let looks = handles[1].journal.entries().count
    handles[1].look()
    try wait { handles[1].journal.entries().count > looks }
    #expect(events.all.isEmpty)
    gate.signal()
    try wait { handles.allSatisfy { $0.status.work == nil } }
    #expect(events.all == ["lent"])
  }

  @Test("are used before the call returns when there are no queues")
  func inline() throws {
    let (handles, events) = (try opened(.inline), Events())
    DeviceHandle.lend(handles, for: "migrate") { events.add("\($0.count)") }
    #expect(events.all == ["2"])
    #expect(handles.map(\.status.work) == [nil, nil])
  }

  @Test("are missing when they have been closed")
  func closed() throws {
    let (handles, events) = (try opened(.inline), Events())
    handles[0].close()
    DeviceHandle.lend(handles, for: "migrate") { events.add("\($0.map(\.reference))") }
    #expect(events.all == ["\([references[1]])"])
  }
}
