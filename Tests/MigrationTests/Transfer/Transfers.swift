import Glibc
import Simulator
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Migration

/// A simulated device with a session on it, for tests of transfers.
struct SimulatedSession {
  let session: MigrationSession
  let device: SimulatedDevice
  /// The faults that its address names are on at first.
  let faults: FaultSwitches

  /// - Parameter onEntry: called with every access and step, on the thread that makes it.
  init(_ address: String, onEntry: (@Sendable (Journal.Entry) -> Void)? = nil) throws {
    device = try SimulatedDevice.open(address)
    let journal = Journal(onEntry: onEntry)
    let faulty = InterferedDevice(device)
    faults = FaultSwitches(faulty)
    for word in device.faults { try faults.on(word) }
    let recorded = RecordingDevice(faulty, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: recorded).interface)
    session = MigrationSession(device: recorded, interface: interface, journal: journal)
  }

  /// The device's memory, which is its region 0.
  func memory() throws -> [UInt8] {
    let region = try device.region(0)
    return try device.bytes(in: region, at: 0, count: Int(region.size))
  }

  var state: String? { session.presentState?.name }

  /// The device is unplugged.
  func vanish() { device.release() }

  /// Whether this was asked of the device.
  func asked(_ operation: Operation) -> Bool {
    session.journal.entries().contains {
      if case .access(let access, _) = $0.entry { access.operation == operation } else { false }
    }
  }
}

/// Where several threads wait for each other.
final class Meeting: Sendable {
  private let missing: Mutex<Int>
  private let hasLeft = Mutex(false)

  /// For so many.
  init(of count: Int) { missing = Mutex(count) }

  /// Waits for the others, but not for ever.
  func arrive() {
    missing.withLock { $0 -= 1 }
    let deadline = ContinuousClock.now + .seconds(20)
    while missing.withLock({ $0 > 0 }) {
      if ContinuousClock.now > deadline { return hasLeft.withLock { $0 = true } }
      usleep(1000)
    }
  }

  /// Whether all have come, and nobody had to leave before.
  var tookPlace: Bool { missing.withLock { $0 <= 0 } && !hasLeft.withLock { $0 } }
}

/// Keeps a stream in memory, and hands it out again, whole or damaged.
final class MemoryStream: StreamWriter, ChunkSource {
  var chunks: [[UInt8]] = []
  /// The parts of a chunk that has not ended.
  private(set) var begun: [UInt8] = []
  private(set) var phases: [String] = []
  /// How many chunks there were at each flush.
  private(set) var flushes: [Int] = []
  private var next = 0
  /// Called with the number of each chunk that comes or goes, from 1 on.
  var onChunk: ((Int) -> Void)?
  /// Called at each flush.
  var onFlush: () -> Void = {}
  /// Fails with this errno's fault when so many chunks have come.
  var failing: (after: Int, fault: StreamFault)?

  func begin(phase: State) throws(StreamFault) { phases.append(phase.name) }

  func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    if let failing, chunks.count >= failing.after { throw failing.fault }
    bytes.withUnsafeBytes { begun += $0 }
    guard left == 0 else { return }
    chunks.append(begun)
    begun = []
    onChunk?(chunks.count)
  }

  func flush() throws(StreamFault) {
    flushes.append(chunks.count)
    onFlush()
  }

  func finish(finalState: State?, onDigest: (UInt64) -> Bool) throws(StreamFault) -> StreamSummary {
    StreamSummary()
  }

  func abandon() {}

  func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    guard next < chunks.count else { return nil }
    defer { next += 1 }
    onChunk?(next + 1)
    buffer = chunks[next]
    return PlacedPart(place: buffer.indices)
  }

  var digest: String? { nil }
  var wait: StreamWait? { nil }

  var bytes: [UInt8] { chunks.flatMap { $0 } }
}
