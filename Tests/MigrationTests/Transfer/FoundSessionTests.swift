import TestSupport
import Testing
import VFIO

@testable import Migration

/// Devices that are in the middle of their data when a transfer begins: what they have given or taken before is not known.
@Suite("A data session that is found open")
struct FoundSessionTests {
  private static let profiles = ["v1-reference,size=256K,dirty=0,chunk=16K", "v2-reference,size=256K,dirty=0"]

  private func save(_ device: SimulatedSession) -> (stream: MemoryStream, report: TransferReport) {
    let stream = MemoryStream()
    var options = TransferOptions()
    options.preCopy = false
    return (stream, SaveOperation(device.session, to: stream, options: options).run())
  }

  private func step(_ device: SimulatedSession, to name: String) throws {
    #expect(device.session.step(.state(try #require(device.session.state(named: name)))).isDone)
  }

  /// The states that were asked for.
  private func requests(_ device: SimulatedSession) -> [String] {
    device.session.journal.entries().compactMap {
      if case .step(let step) = $0.entry { step.requested.name } else { nil }
    }
  }

  private func refusal(_ report: TransferReport) -> String? {
    guard case .window(let why)? = report.fault else { return nil }
    return why
  }

  // MARK: save

  @Test("a device that somebody else has put into a saving state is not saved", arguments: profiles)
  func foundSaving(profile: String) throws {
    for (state, way) in [("stop-copy", "stop"), ("pre-copy", "running")] {
      let device = try SimulatedSession("\(profile),state=\(state)")
      let (stream, report) = save(device)
      #expect(
        refusal(report)
          == "the device is in \(state) already and may have given a part of its data: ask for \(way) first")
      #expect(stream.chunks.isEmpty && report.bytes == 0)
      #expect(device.state == state && requests(device).isEmpty)
      // What it says helps.
      try step(device, to: way)
      #expect(save(device).report.fault == nil)
      #expect(device.state == way)
    }
  }

  @Test("one that this session has put there is saved, all of it", arguments: profiles)
  func steppedBefore(profile: String) throws {
    let whole = save(try SimulatedSession(profile)).stream.bytes
    for states in [["stop-copy"], ["pre-copy"], ["pre-copy", "stop-copy"]] {
      let device = try SimulatedSession(profile)
      for state in states { try step(device, to: state) }
      let (stream, report) = save(device)
      #expect(report.fault == nil)
      let isWhole = stream.bytes == whole
      #expect(isWhole, "\(states)")
    }
  }

  @Test("one that has given a chunk since is not", arguments: profiles)
  func partlyRead(profile: String) throws {
    let device = try SimulatedSession(profile)
    try step(device, to: "pre-copy")
    _ = try device.session.interface.reader(.auto).next(stopped: false) { (_, _) throws(TransferFault) in }
    try step(device, to: "stop-copy")
    #expect(refusal(save(device).report)?.contains("ask for stop first") == true)
    #expect(device.state == "stop-copy")
    try step(device, to: "stop")
    let isWhole = save(device).stream.bytes == save(try SimulatedSession(profile)).stream.bytes
    #expect(isWhole)
  }

  @Test("a chunk that was opened by hand is not acknowledged unread")
  func openedByHand() throws {
    let device = try SimulatedSession(Self.profiles[0])
    try step(device, to: "stop-copy")
    try (device.session.interface as? V1Interface)?.openChunk()
    let before = device.session.journal.entries().count
    #expect(refusal(save(device).report) != nil)
    #expect(!device.session.journal.entries().dropFirst(before).contains { readsPendingBytes($0.entry) })
  }

  private func readsPendingBytes(_ entry: Journal.Entry) -> Bool {
    guard case .access(let access, _) = entry, case .read(_, let offset, _) = access.operation else { return false }
    return offset == MigrationRegion.Register.pendingBytes
  }

  // MARK: load

  @Test("a device that somebody else has put into resuming is not loaded", arguments: profiles)
  func foundResuming(profile: String) throws {
    let stream = save(try SimulatedSession(profile)).stream
    let device = try SimulatedSession("\(profile),seed=2,state=resuming")
    let report = LoadOperation(device.session, from: stream).run()
    #expect(
      refusal(report)?.hasSuffix("may have been given a part of its data: reset it first, or ask for stop") == true)
    #expect(device.state == "resuming" && requests(device).isEmpty)
    device.session.step(.reset)
    #expect(LoadOperation(device.session, from: stream).run().fault == nil)
    #expect(device.state == "running")
  }

  @Test("one that this session has put there is, unless it was given data", arguments: profiles)
  func steppedToResuming(profile: String) throws {
    let stream = save(try SimulatedSession(profile)).stream
    let device = try SimulatedSession("\(profile),seed=2")
    try step(device, to: "resuming")
    let first = stream.chunks[0]
    try device.session.interface.writer(.auto).put(first.span.bytes)
    #expect(refusal(LoadOperation(device.session, from: stream).run()) != nil)
    #expect(device.state == "resuming")
    device.session.step(.reset)
    try step(device, to: "resuming")
    #expect(LoadOperation(device.session, from: stream).run().fault == nil)
    #expect(device.state == "running")
  }

  // MARK: migrate

  @Test("neither of two devices is asked for anything when one is in the middle of its data", arguments: profiles)
  func migration(profile: String) throws {
    for (source, target, faulty) in [
      ("stop-copy", "running", 0), ("pre-copy", "running", 0), ("running", "resuming", 1),
    ] {
      let one = try SimulatedSession("\(profile),state=\(source)")
      let other = try SimulatedSession("\(profile),seed=2,state=\(target)")
      let report = MigrateOperation([(one.session, other.session)]).run()
      #expect(refusal(report)?.contains("a part of its data") == true)
      #expect(report.faulty == faulty)
      #expect(one.state == source && other.state == target)
      #expect(requests(one).isEmpty && requests(other).isEmpty)
    }
  }
}
