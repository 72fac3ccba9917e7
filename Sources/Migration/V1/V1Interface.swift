import VFIO

/// Protocol v1: the registers of the migration region.
public final class V1Interface: MigrationInterface {
  private typealias Register = MigrationRegion.Register

  let device: any Device
  /// The migration region.
  public let region: Region
  /// What is known of the chunk in the window.
  private var window = V1Window()

  /// The migration region of this device.
  public init(_ device: any Device, region: Region) {
    self.device = device
    self.region = region
  }

  /// v1.
  public var `protocol`: MigrationProtocol { .v1 }

  /// `map` when parts of the region may be mapped.
  public var flags: [String] { region.flags.contains(.map) ? ["map"] : [] }

  /// All five, and ERROR.
  public var states: [State] { MigrationProtocol.v1.states }

  /// Those the document draws.
  public var arcs: [Arc] { V1Arcs.drawn }

  /// Reads `device_state`.
  public func state() throws(DeviceError) -> State {
    .v1(V1State(rawValue: try register(UInt32.self, Register.deviceState)))
  }

  /// Reads `pending_bytes` while the device saves and no chunk can be open: reading it would acknowledge the chunk.
  public func fields(in state: State) -> [Field] {
    let pending: Field =
      if !state.isSaving {
        Field("pending_bytes", nil, .bytes, .notDefined)
      } else if window.chunk == .none {
        Field.reading("pending_bytes") { () throws(DeviceError) in try readPending() }
      } else {
        window.pending.field("pending_bytes", .bytes)
      }
    let windowed = state.isSaving || state.isResuming
    return [
      pending,
      windowed ? window.offset.field("data_offset", .offset) : Field("data_offset", nil, .offset, .notDefined),
      windowed ? window.size.field("data_size", .bytes) : Field("data_size", nil, .bytes, .notDefined),
    ]
  }

  /// What the document, the clients and the implementations make of the change.
  public func plan(from: State, to: State) -> StepPlan {
    guard case .v1(let old) = from, case .v1(let new) = to else {
      return StepPlan(from: from, to: to, standing: .refused("\(to.name) is a state of the other protocol"))
    }
    if from.isError {
      return StepPlan(from: from, to: to, standing: .refused("only a reset leaves the error state"))
    }
    if let why = refusal(from: old, to: new) { return StepPlan(from: from, to: to, standing: .refused(why)) }
    guard let standing = V1Arcs.standing(from: old, to: new) else {
      return StepPlan(from: from, to: to, standing: .refused("no source tells of this change"))
    }
    let same = old.withoutReservedBits == new.withoutReservedBits
    return StepPlan(
      from: from, to: to, path: same ? [from] : nil, standing: standing.contains(.drawn) || same ? .allowed : .optional,
      effects: same ? [.noChange] : effects(from: from, to: to), note: standing.words)
  }

  private func effects(from: State, to: State) -> [StepPlan.Effect] {
    var effects = StepPlan.effects(from: from, to: to)
    // Only pre-copy goes on with the same data when the device stops; every other change begins anew.
    if from == .v1(.preCopy) && to == .v1(.stopCopy) { return effects + [.keepsSession] }
    if from.isSaving || from.isResuming { effects.append(.endsSession) }
    if to.isSaving || to.isResuming { effects.append(.opensSession) }
    return effects
  }

  private func refusal(from old: V1State, to new: V1State) -> String? {
    if !V1State.valid.contains(old.withoutReservedBits) { return "\(old.name) is not a state of the protocol" }
    if new == .error { return "ERROR is shown by a device, not asked for" }
    if !V1State.valid.contains(new.withoutReservedBits) { return "\(new.name) is not a state of the protocol" }
    if new.rawValue & ~V1State.mask & ~old.rawValue != 0 { return "it changes reserved bits" }
    return nil
  }

  /// Reads the register, changes its three bits, writes it: the reserved bits are preserved as the document asks.
  public func request(_ state: State) throws(DeviceError) {
    let old = try register(UInt32.self, Register.deviceState)
    try request(raw: old & ~V1State.mask | state.number & V1State.mask)
  }

  /// Writes the number as it is.
  public func request(raw number: UInt32) throws(DeviceError) {
    try device.setRegister(number, in: region, at: Register.deviceState)
  }

  /// Reads `data_offset` and `data_size`: the device puts a chunk into the window, and the chunk is open until
  /// `pending_bytes` is read. An action, not a look.
  ///
  /// - Parameter now: the present moment, which is kept. To ask for it for every register takes as long as some devices'
  ///   answer.
  @discardableResult
  public func openChunk(at now: Moment = .now) throws(DeviceError) -> (offset: UInt64, size: UInt64) {
    // Even a read that fails may have made the device begin.
    (window.chunk, window.isUntouched) = (.open, false)
    let offset = try register(UInt64.self, Register.dataOffset)
    let size = try register(UInt64.self, Register.dataSize)
    (window.offset, window.size) = (.seen(offset, at: now), .seen(size, at: now))
    return (offset, size)
  }

  /// Reads `data_offset` once more while a chunk is open, which gives the same again (linux/vfio.h, 5.8).
  func readOpenOffset() throws(DeviceError) -> UInt64 { try register(UInt64.self, Register.dataOffset) }

  /// Reads `data_offset`: while the device resumes, where the next chunk is to be written.
  func readDataOffset(at now: Moment) throws(DeviceError) -> UInt64 {
    let offset = try register(UInt64.self, Register.dataOffset)
    window.offset = .seen(offset, at: now)
    return offset
  }

  /// Writes `data_size` while the device resumes: it takes the chunk that was written into its window.
  func writeDataSize(_ size: UInt64, at now: Moment) throws(DeviceError) {
    window.isUntouched = false
    try device.setRegister(size, in: region, at: Register.dataSize)
    window.size = .seen(size, at: now)
  }

  /// Reads `pending_bytes`: acknowledges the chunk that is open.
  ///
  /// - Parameter now: the present moment, which is kept.
  @discardableResult
  public func acknowledgeChunk(at now: Moment = .now) throws(DeviceError) -> UInt64 {
    let pending = try readPending(at: now)
    window.chunk = .none
    return pending
  }

  /// `pending_bytes` when it was last read; reading it again could acknowledge a chunk.
  var pendingLastSeen: UInt64? { if case .seen(let value, _) = window.pending { value } else { nil } }

  /// The migration region has no such thing.
  public func optInToReinit() {}

  /// No chunk was opened or given since the device was put into its state.
  public var hasUntouchedSession: Bool { window.isUntouched }

  /// Takes the chunks out of the window.
  public func reader(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkReader {
    V1Reader(self, access, goOn)
  }

  /// Puts chunks into the window.
  public func writer(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkWriter {
    V1Writer(self, access, goOn)
  }

  /// Keeps what is known of the window, or forgets it.
  public func arrived(in state: State, from before: State?) {
    window = window.arrived(in: state, from: before)
  }

  /// Nothing is held open. What was seen of the window is forgotten.
  public func close() { window = V1Window() }

  /// What was seen of the window was another session's.
  public func reopened() { window = V1Window() }

  private func readPending(at now: Moment = .now) throws(DeviceError) -> UInt64 {
    let value = try register(UInt64.self, Register.pendingBytes)
    window.pending = .seen(value, at: now)
    return value
  }

  private func register<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, _ offset: UInt64
  ) throws(DeviceError) -> T {
    try device.register(type, in: region, at: offset)
  }
}
