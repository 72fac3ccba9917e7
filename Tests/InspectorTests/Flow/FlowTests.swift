import Foundation
import Migration
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("A flow")
struct FlowTests {
  /// Devices that are opened at once.
  private func handles(_ names: String..., execution: Execution = .inline) throws -> [DeviceHandle] {
    let handles = names.map { DeviceHandle(.simulated($0), execution: execution) }
    for handle in handles { try wait { handle.status.observation != nil && handle.status.work == nil } }
    return handles
  }

  private func run(_ job: FlowJob, on handles: [DeviceHandle]) -> FlowStatus {
    let flow = Flow(job, TransferOptions())
    flow.begin(on: handles)
    return flow.status
  }

  private func requests(_ handle: DeviceHandle) -> [String] {
    handle.journal.entries().compactMap { if case .step(let step) = $0.entry { step.requested.name } else { nil } }
  }

  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appending(path: "flow-\(UUID().uuidString).stream").path
  }

  @Test("that has ended is not given up by who is still asked whether it is to be")
  func endedMeanwhile() throws {
    let handles = try handles("v2-reference,size=1M", "v2-reference,size=1M,seed=2")
    let flow = Flow(.migrate(handles[0].reference, to: handles[1].reference), TransferOptions())
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }),
      makeHandle: { DeviceHandle($0, execution: .inline) })
    var question = Confirm(title: "Give up?", lines: flow.job.onGivingUp, answer: .giveUp(flow))
    func text() -> String {
      var canvas = Canvas(height: 24, width: 80)
      question.draw(on: &canvas, in: canvas.bounds, store)
      return canvas.text
    }
    #expect(text().contains("The destination is reset") && text().contains("y  yes"))
    flow.begin(on: handles)
    #expect(text().contains("It has ended meanwhile") && !text().contains("y  yes"))
    guard case .pop = question.handle(.character("y"), store) else { return #expect(Bool(false), "it was answered") }
    #expect(!flow.status.isCancelled)
  }

  @Test("moves a device's state to another and leaves both where they belong")
  func migrate() throws {
    let handles = try handles("v2-reference,size=1M", "v2-reference,size=1M,seed=2")
    let status = run(.migrate(handles[0].reference, to: handles[1].reference), on: handles)
    #expect(status.isDone)
    #expect(status.bytes > 1 << 20)
    #expect(status.phases.map(\.state) == ["pre-copy", "stop-copy"])
    #expect(handles.map(\.status.observation?.state.name) == ["stop", "running"])
  }

  @Test("goes on while the screen does, and ends when it is given up: the source works, the destination is reset")
  func giveUp() throws {
    let handles = try handles(
      "v2-reference,size=256M,rate=2M", "v2-reference,size=256M,seed=2", execution: .queue)
    let flow = Flow(.migrate(handles[0].reference, to: handles[1].reference), TransferOptions())
    flow.begin(on: handles)
    try wait { flow.status.progress != nil }
    #expect(flow.status.ending == nil)
    flow.cancel()
    try wait { flow.status.ending != nil && handles.allSatisfy { $0.status.work == nil } }
    #expect(flow.status.report?.fault == .cancelled)
    #expect(handles.map(\.status.observation?.state.name) == ["running", "running"])
    #expect(handles[1].status.lastStep?.requested == .reset)
    #expect(requests(handles[0]).last == "running")
  }

  @Test("saves a device to a file, with its digest, from which another is loaded", arguments: ["v1", "v2"])
  func saveAndLoad(protocol: String) throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let handles = try handles("\(`protocol`)-reference,size=1M", "\(`protocol`)-reference,size=1M,seed=2")
    let saved = run(.save(handles[0].reference, path: path), on: [handles[0]])
    #expect(saved.isDone)
    #expect(saved.sha256?.count == 64)
    #expect(handles[0].status.observation?.state.name == "running")
    let loaded = run(.load(handles[1].reference, path: path), on: [handles[1]])
    #expect(loaded.isDone)
    #expect(loaded.sha256 == saved.sha256)
    #expect(loaded.bytes == saved.bytes)
    #expect(requests(handles[1]) == ["resuming", "running"])
  }

  @Test("asks nothing of a device when there is a file of this name")
  func fileIsThere() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    let handles = try handles("v2-reference,size=64K")
    let status = run(.save(handles[0].reference, path: path), on: handles)
    #expect(status.refusal?.contains(path) == true)
    #expect(requests(handles[0]).isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
  }

  @Test("takes the file away that a failed save had begun")
  func noPart() throws {
    let path = temporaryPath()
    let handles = try handles("v2-reference,size=64K,fail=stop-copy:EIO")
    let status = run(.save(handles[0].reference, path: path), on: handles)
    #expect(status.report?.fault != nil)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    #expect(handles[0].status.observation?.state.name == "running")
  }

  @Test("takes the file away when it is given up after the device has done its part")
  func giveUpDigest() throws {
    let path = temporaryPath()
    // So short that the digest is not begun before the end.
    let handles = try handles("v2-reference,size=64K")
    let given = Mutex<Flow?>(nil)
    let flow = Flow(
      .save(handles[0].reference, path: path), TransferOptions(),
      onChange: {
        if let flow = given.withLock({ $0 }), flow.status.digestLeft != nil, !flow.status.isCancelled { flow.cancel() }
      })
    given.withLock { $0 = flow }
    flow.begin(on: handles)
    given.withLock { $0 = nil }
    #expect(flow.status.digestLeft.map { $0 > 64 << 10 } == true)
    #expect(flow.status.report?.fault == .cancelled)
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(!FileManager.default.fileExists(atPath: path + ".part"))
    #expect(handles[0].status.observation?.state.name == "running")
  }

  @Test("asks nothing of a device when the file is damaged, or was saved by the other protocol")
  func badFile() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let handles = try handles("v2-reference,size=64K", "v1-reference,size=64K")
    #expect(run(.save(handles[0].reference, path: path), on: [handles[0]]).isDone)
    let other = run(.load(handles[1].reference, path: path), on: [handles[1]])
    #expect(other.refusal == "\(path) was saved by protocol v2, the device speaks v1.")
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(5).write(to: URL(fileURLWithPath: path))
    let cut = run(.load(handles[0].reference, path: path), on: [handles[0]])
    #expect(cut.refusal?.contains(path) == true)
    #expect(!requests(handles[0]).contains("resuming"))
    #expect(requests(handles[1]).isEmpty)
  }

  @Test("asks nothing of a device of another model than the one it is to take the place of")
  func otherModel() throws {
    let handles = try handles("mlx5,size=64K", "v2-reference,size=64K")
    let status = run(.migrate(handles[0].reference, to: handles[1].reference), on: handles)
    #expect(status.refusal == "sim:mlx5,size=64K is a device 15b3:101e, sim:v2-reference,size=64K is 5649:0002.")
    #expect(handles.allSatisfy { requests($0).isEmpty })
  }

  @Test("says so when a device is not open any more")
  func closed() throws {
    let handles = try handles("v2-reference,size=64K", "v2-reference,size=64K,seed=2")
    handles[1].close()
    let status = run(.migrate(handles[0].reference, to: handles[1].reference), on: handles)
    #expect(status.refusal == "A device is not open any more.")
    #expect(requests(handles[0]).isEmpty)
  }
}

extension FlowStatus {
  /// Why nothing was asked of the devices.
  fileprivate var refusal: String? {
    if case .refused(let why) = ending { why } else { nil }
  }
}
