import Simulator
import TestSupport
import VFIO

/// QEMU 6.2 as a device of protocol v1 sees it: its accesses, one by one and in their order (hw/vfio/migration.c). It
/// knows nothing of the program's own way with a device.
final class V1Machine {
  private typealias Register = MigrationRegion.Register

  /// Why QEMU does not go on.
  enum Failure: Error, Equatable {
    /// The migration fails; the machine goes on.
    case fails(Errno?)
    /// QEMU ends itself: the device is in ERROR, or can't be read.
    case aborts
    /// The device has no region that QEMU would use.
    case blocked
  }

  /// The accesses so far.
  let recording = Recording()
  private let simulated: SimulatedDevice
  private let device: any Device
  private let region: Region
  private let config: Region
  /// The part of the region that is mapped, and where it begins; nil when nothing is.
  private var map: (start: UInt64, window: any MappedWindow)?
  private let triesMaps: Bool
  /// What pending_bytes was when it was read last; 0 again when a chunk was taken.
  private var pending: UInt64 = 0
  private var guestRuns: Bool

  /// A machine with this device, whose guest runs or is paused. It may be told not to map, as when that fails.
  init(_ address: String, guestRuns: Bool = true, maps: Bool = true) throws {
    simulated = try SimulatedDevice.open(address)
    device = RecordingDevice(simulated.withDefect, recorder: recording)
    guard let found = try device.regions().first(where: \.isMigration), found.size > 0 else { throw Failure.blocked }
    region = found
    config = try device.region(Region.pciConfigIndex)
    (self.guestRuns, triesMaps) = (guestRuns, maps)
    if guestRuns { try startGuest() } else { try setState(keeping: ~1, 0) }
  }

  /// The device's own memory.
  var memory: [UInt8] { get throws { try simulated.allMemory() } }
  /// The state that the device is in, read past QEMU.
  var state: V1State {
    get throws { V1State(rawValue: try simulated.register(UInt32.self, in: region, at: Register.deviceState)) }
  }

  // MARK: saving

  /// A migration of the guest: its chunks, as they came.
  ///
  /// - Parameter passes: how often it is asked for data at most, before the guest is stopped.
  func migrate(passes: Int = 8) throws -> [[UInt8]] {
    try beginSaving()
    var chunks: [[UInt8]] = []
    for _ in 0..<passes {
      try askPending()
      guard let chunk = try nextChunk() else { break }
      chunks.append(chunk)
    }
    try stopGuest()
    return try chunks + endSaving()
  }

  /// `save_setup`.
  func beginSaving() throws {
    mapWindow()
    try setState(keeping: V1State.mask, V1State.savingBit.rawValue)
  }

  /// `save_pending`.
  func askPending() throws { pending = try read(at: Register.pendingBytes) }

  /// `save_iterate`: a chunk, or nil when there is nothing.
  func nextChunk() throws -> [UInt8]? {
    if pending == 0 { try askPending() }
    guard pending > 0 else { return nil }
    return try takeChunk()
  }

  /// The guest is stopped to be migrated, or for a snapshot.
  func stopGuest(forSnapshot: Bool = false) throws {
    guard guestRuns else { return }
    guestRuns = false
    try setState(keeping: ~V1State.runningBit.rawValue, forSnapshot ? V1State.savingBit.rawValue : 0)
  }

  /// `save_complete`, and behind it `save_state`.
  func endSaving() throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    try setState(keeping: ~V1State.runningBit.rawValue, V1State.savingBit.rawValue)
    try askPending()
    while pending > 0 {
      let chunk = try takeChunk()
      // Whatever is still pending: data are lost then.
      if chunk.isEmpty { break }
      chunks.append(chunk)
      try askPending()
    }
    try setState(keeping: ~V1State.savingBit.rawValue, 0)
    try readConfig()
    unmapWindow()
    return chunks
  }

  /// The migration fails or is given up.
  func giveUp() throws {
    try setState(
      keeping: ~(V1State.savingBit.rawValue | V1State.resumingBit.rawValue), V1State.runningBit.rawValue)
    unmapWindow()
  }

  private func takeChunk() throws -> [UInt8] {
    let offset: UInt64 = try read(at: Register.dataOffset)
    let size: UInt64 = try read(at: Register.dataSize)
    pending = 0
    return try mapped(offset, Int(size)) ?? readPieces(at: offset, count: Int(size))
  }

  // MARK: loading

  /// A migration to this machine: its guest starts at the end.
  func load(_ chunks: [[UInt8]]) throws {
    mapWindow()
    try setState(keeping: ~V1State.mask, V1State.resuming.rawValue)
    for chunk in chunks { try put(chunk[...]) }
    try writeConfig()
    unmapWindow()
    guestRuns = false
    try startGuest()
  }

  /// One chunk. Where it does not fit behind data_offset, it is cut in two.
  private func put(_ chunk: ArraySlice<UInt8>) throws {
    var rest = chunk
    repeat {
      let offset: UInt64 = try read(at: Register.dataOffset)
      guard offset < region.size else { throw Failure.fails(nil) }
      let part = rest.prefix(Int(min(UInt64(rest.count), region.size - offset)))
      if let map, offset >= map.start, offset + UInt64(part.count) <= map.start + UInt64(map.window.count) {
        try orFail { () throws(DeviceError) in
          try map.window.copy(Array(part).span.bytes, to: Int(offset - map.start))
        }
      } else {
        try writePieces(Array(part), at: offset)
      }
      try write([UInt8](number: UInt64(part.count)), at: Register.dataSize)
      rest = rest.dropFirst(part.count)
    } while !rest.isEmpty
  }

  /// The guest starts, or goes on.
  func startGuest() throws {
    guestRuns = true
    try setState(keeping: ~V1State.mask, V1State.runningBit.rawValue)
  }

  // MARK: accesses

  /// `vfio_migration_set_state`: reads, changes, writes; and reads again when that fails.
  private func setState(keeping mask: UInt32, _ value: UInt32) throws {
    let old: UInt32 = try read(at: Register.deviceState)
    let new = old & mask | value
    guard !V1State(rawValue: new).contains(.resumingBit) || new & V1State.mask == V1State.resuming.rawValue else {
      throw Failure.fails(.EINVAL)
    }
    do {
      try write([UInt8](number: new), at: Register.deviceState)
    } catch {
      guard let now: UInt32 = try? read(at: Register.deviceState), now & V1State.mask != V1State.error.rawValue else {
        throw Failure.aborts
      }
      throw error
    }
  }

  private func read<T: FixedWidthInteger & BitwiseCopyable>(at offset: UInt64) throws -> T {
    guard let number: T = try readPieces(at: offset, count: MemoryLayout<T>.size).number(at: 0) else {
      throw Failure.fails(.EINVAL)
    }
    return number
  }

  /// The largest pieces of 8, 4, 2 and 1 bytes that are aligned by their own size.
  private static func pieces(at offset: UInt64, count: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var done = 0
    while done < count {
      let place = offset + UInt64(done)
      let size = [8, 4, 2].first { count - done >= $0 && place.isMultiple(of: UInt64($0)) } ?? 1
      pieces.append(done..<done + size)
      done += size
    }
    return pieces
  }

  private func readPieces(at offset: UInt64, count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    for piece in Self.pieces(at: offset, count: count) {
      let part = try orFail { () throws(DeviceError) in
        try device.bytes(in: region, at: offset + UInt64(piece.lowerBound), count: piece.count)
      }
      guard part.count == piece.count else { throw Failure.fails(.EINVAL) }
      bytes += part
    }
    return bytes
  }

  private func write(_ bytes: [UInt8], at offset: UInt64) throws { try writePieces(bytes, at: offset) }

  private func writePieces(_ bytes: [UInt8], at offset: UInt64) throws {
    for piece in Self.pieces(at: offset, count: bytes.count) {
      let taken = try orFail { () throws(DeviceError) in
        try device.write(region, at: offset + UInt64(piece.lowerBound), from: bytes.span.bytes.extracting(piece))
      }
      guard taken == piece.count else { throw Failure.fails(.EINVAL) }
    }
  }

  /// `save_state` and `load_state`: the configuration space, and never the migration region.
  private func readConfig() throws {
    _ = try orFail { () throws(DeviceError) in try device.bytes(in: config, at: 0, count: 4) }
  }

  private func writeConfig() throws {
    let command = try orFail { () throws(DeviceError) in try device.bytes(in: config, at: 4, count: 2) }
    _ = try orFail { () throws(DeviceError) in try device.write(config, at: 4, from: command.span.bytes) }
  }

  private func orFail<R>(_ call: () throws(DeviceError) -> R) throws -> R {
    do throws(DeviceError) {
      return try call()
    } catch {
      throw Failure.fails(error.errno)
    }
  }

  // MARK: the map

  /// The first part that may be mapped; a map that fails leaves the slow way.
  private func mapWindow() {
    guard triesMaps, let area = region.sparseAreas.first else { return }
    map = (try? device.map(region, offset: area.offset, count: Int(area.size))).map { (area.offset, $0) }
  }

  private func unmapWindow() {
    map?.window.unmap()
    map = nil
  }

  private func mapped(_ offset: UInt64, _ count: Int) throws -> [UInt8]? {
    guard let map, offset >= map.start, offset - map.start + UInt64(count) <= UInt64(map.window.count) else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try orFail { () throws(DeviceError) in try map.window.copy(from: Int(offset - map.start), into: &raw) }
    return bytes
  }
}

extension Region {
  /// The parts that may be mapped.
  fileprivate var sparseAreas: [RegionCapability.Area] {
    for case .sparseMap(let areas) in capabilities { return areas }
    return []
  }
}

extension Device {
  /// All of region 0, which is a simulated device's memory.
  func allMemory() throws -> [UInt8] {
    let memory = try region(0)
    return try bytes(in: memory, at: 0, count: Int(memory.size))
  }
}
