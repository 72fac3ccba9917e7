import Simulator
import TestSupport
import VFIO

/// QEMU 9.1 or 11.1 as a device of protocol v2 sees it: its calls, one by one and in their order (hw/vfio/migration.c).
final class V2Machine {
  /// Which QEMU it is.
  enum Version: Sendable {
    case nine, eleven
  }

  /// Why QEMU does not go on.
  enum Failure: Error, Equatable {
    /// The migration fails; the machine goes on.
    case fails(Errno?)
    /// QEMU ends itself: the device could not even be reset.
    case aborts
    /// The device can't be migrated, or not by this version.
    case blocked
  }

  /// The calls so far.
  let recording = Recording()
  private let simulated: SimulatedDevice
  private let device: any Device
  private let version: Version
  private let flags: V2Flags
  /// What QEMU believes. It never asks.
  private var state = V2State.running
  private var stream: (any DataStream)?
  private var guestRuns: Bool
  /// As much as is read at once.
  private var bufferSize = 1 << 20

  /// A machine with this device, and something in front of it, whose guest runs or is paused.
  init(
    _ address: String, version: Version = .eleven, guestRuns: Bool = true,
    _ interference: Interference = Interference()
  ) throws {
    simulated = try SimulatedDevice.open(address)
    device = RecordingDevice(InterferedDevice(simulated.withDefect, interference), recorder: recording)
    (self.version, self.guestRuns) = (version, true)
    flags = try Self.flags(of: device)
    guard flags.contains(.stopCopy) else { throw Failure.blocked }
    if version == .eleven, flags.contains(.preCopy) { try optIn() }
    _ = try device.offers(.set, .dmaLoggingStart)
    if !guestRuns { try stopGuest() }
  }

  private static func flags(of device: any Device) throws -> V2Flags {
    let data = try orFail { () throws(DeviceError) in try device.get(.migration, count: 8) }
    return V2Flags(rawValue: data.number(at: 0) ?? 0)
  }

  /// Feature 12 may be missing. Everything else is an error.
  private func optIn() throws {
    var nothing: [UInt8] = []
    do throws(DeviceError) {
      try device.set(.migPrecopyInfoV2, data: &nothing)
    } catch {
      guard error.errno == .ENOTTY else { throw Failure.blocked }
    }
  }

  /// The device's own memory.
  var memory: [UInt8] { get throws { try simulated.allMemory() } }
  /// What QEMU never asks for.
  var realState: V2State {
    get throws { V2State(rawValue: try simulated.get(.migDeviceState, count: 8).number(at: 0) ?? 0) }
  }

  // MARK: saving

  /// A migration of the guest: its data, as they came.
  func migrate(passes: Int = 8) throws -> [[UInt8]] {
    try beginSaving()
    var data: [[UInt8]] = []
    for _ in 0..<passes where state == .preCopy {
      try askPending()
      guard let piece = try nextPiece() else { break }
      data.append(piece)
    }
    try stopGuest(migrating: true)
    return try data + endSaving()
  }

  /// `save_setup`.
  func beginSaving() throws {
    let size: UInt64? = (try? device.get(.migDataSize, count: 8))?.number(at: 0)
    bufferSize = Int(min(1 << 20, max(4096, size ?? 100 << 30)))
    guard flags.contains(.preCopy), guestRuns else { return }
    try set(.preCopy, recover: .running)
    _ = try? stream?.precopyInfo()
  }

  /// `state_pending_exact`.
  func askPending() throws {
    _ = try? device.get(.migDataSize, count: 8)
    if state == .preCopy { _ = try? stream?.precopyInfo() }
  }

  /// One read; nil when there is nothing now.
  func nextPiece() throws -> [UInt8]? {
    guard let stream else { throw Failure.fails(.EBADF) }
    var bytes = [UInt8](repeating: 0, count: bufferSize)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    // QEMU's reads block; those that find nothing ready are asked again.
    for _ in 0..<1000 {
      do throws(DeviceError) {
        let got = try stream.read(into: &raw)
        return got == 0 ? nil : Array(bytes.prefix(got))
      } catch {
        switch error.errno {
        case .ENOMSG?: return nil
        case .EAGAIN?: continue
        default: throw Failure.fails(error.errno)
        }
      }
    }
    throw Failure.fails(.EAGAIN)
  }

  /// The guest is stopped: devices are quieted first, where they can be.
  func stopGuest(migrating: Bool = false) throws {
    guard guestRuns else { return }
    guestRuns = false
    let isSaving = state == .preCopy
    let recover: V2State = version == .nine ? .error : state
    if flags.contains(.p2p) { try set(isSaving ? .preCopyP2P : .runningP2P, recover: recover) }
    try set(isSaving && migrating ? .stopCopy : .stop, recover: version == .nine ? .error : state)
  }

  /// `save_complete` and `save_cleanup`.
  func endSaving() throws -> [[UInt8]] {
    try set(.stopCopy, recover: version == .nine ? .stop : state)
    var data: [[UInt8]] = []
    while let piece = try nextPiece() { data.append(piece) }
    try set(.stop, recover: .error)
    closeStream()
    return data
  }

  /// The migration fails or is given up.
  func giveUp() throws {
    closeStream()
    try set(.running, recover: .error)
    guestRuns = true
  }

  // MARK: loading

  /// A migration to this machine: its guest starts at the end.
  func load(_ data: [[UInt8]]) throws {
    try set(.resuming, recover: state)
    for piece in data { try put(piece) }
    closeStream()
    guestRuns = false
    try startGuest()
  }

  private func put(_ piece: [UInt8]) throws {
    guard let stream else { throw Failure.fails(.EBADF) }
    var done = 0
    while done < piece.count {
      let rest = piece.span.bytes.extracting(done..<piece.count)
      done += try Self.orFail { () throws(DeviceError) in try stream.write(rest) }
    }
  }

  /// The guest starts, or goes on.
  func startGuest() throws {
    guestRuns = true
    if flags.contains(.p2p) { try set(.runningP2P, recover: .error) }
    try set(.running, recover: .error)
  }

  // MARK: states

  /// `vfio_migration_set_state`. To recover to ERROR is to reset.
  private func set(_ target: V2State, recover: V2State) throws {
    if version == .eleven, target == state { return }
    let answer = change(to: target)
    if let failure = answer.failure {
      if recover == .error || change(to: recover).failure != nil { try reset() } else { state = recover }
      throw Failure.fails(failure.errno)
    }
    state = target
    guard answer.dataFD != -1 else { return }
    let opened = device.stream(taking: answer.dataFD)
    if stream != nil {
      opened.close()
      throw Failure.fails(.EBADF)
    }
    stream = opened
  }

  private func change(to target: V2State) -> (failure: DeviceError?, dataFD: Int32) {
    var data = [UInt8](number: target.rawValue) + [UInt8](number: Int32(-1))
    do throws(DeviceError) {
      try device.set(.migDeviceState, data: &data)
      return (nil, data.number(at: 4) ?? -1)
    } catch {
      return (error, -1)
    }
  }

  private func reset() throws {
    do throws(DeviceError) { try device.reset() } catch { throw Failure.aborts }
    state = .running
  }

  private func closeStream() {
    stream?.close()
    stream = nil
  }

  private static func orFail<R>(_ call: () throws(DeviceError) -> R) throws -> R {
    do throws(DeviceError) {
      return try call()
    } catch {
      throw error.errno == .ENOTTY ? Failure.blocked : Failure.fails(error.errno)
    }
  }
}
