import VFIO

/// Protocol v2: the features MIGRATION and MIG_DEVICE_STATE, and the data fd.
public final class V2Interface: MigrationInterface {
  private let device: any Device
  private let deviceFlags: V2Flags
  private let machine: V2Arcs
  private let offersDataSize: Bool
  /// Whether MIG_PRECOPY_INFOv2 was set; without it the flags of PRECOPY_INFO mean nothing (linux/vfio.h).
  private(set) var hasReinit = false
  /// The data fd of the open session.
  public private(set) var stream: (any DataStream)?

  /// The migration of this device, whose feature MIGRATION gave `flags`.
  public init(_ device: any Device, flags: V2Flags) throws(DeviceError) {
    self.device = device
    deviceFlags = flags
    machine = V2Arcs(flags: flags)
    offersDataSize = try device.offers(.get, .migDataSize)
  }

  /// v2.
  public var `protocol`: MigrationProtocol { .v2 }

  /// The set flags of feature MIGRATION.
  public var flags: [String] { deviceFlags.names }

  /// ERROR, and those the flags cover.
  public var states: [State] { ([.error] + machine.states).map(State.v2) }

  /// Those a driver makes.
  public var arcs: [Arc] { machine.all }

  /// GET of MIG_DEVICE_STATE.
  public func state() throws(DeviceError) -> State {
    let data = try device.get(.migDeviceState, count: 8)
    guard let number: UInt32 = data.number(at: 0) else {
      throw DeviceError(
        .feature(argsz: 16, flags: FeatureFlags.get.of(.migDeviceState)), .malformed("the answer is too short"))
    }
    // The descriptor in the answer means nothing: a kernel says -1, libvfio-user 0, which is no descriptor of ours.
    return .v2(V2State(rawValue: number))
  }

  /// PRECOPY_INFO while a pre-copy session is open, MIG_DATA_SIZE where offered: both only look.
  public func fields(in state: State) -> [Field] {
    var fields = [Field("data_fd", stream == nil ? 0 : 1, .count, .live)]
    if deviceFlags.contains(.preCopy) { fields += precopyFields(in: state) }
    if offersDataSize {
      fields.append(Field.reading("stop_copy_length") { () throws(DeviceError) in try dataSize() })
    }
    return fields
  }

  private func precopyFields(in state: State) -> [Field] {
    let names = ["initial_bytes", "dirty_bytes"]
    guard state == .v2(.preCopy) || state == .v2(.preCopyP2P) else {
      return names.map { Field($0, nil, .bytes, .notDefined) }
    }
    guard let stream else { return names.map { Field($0, nil, .bytes, .needsDataFD) } }
    do throws(DeviceError) {
      let info = try stream.precopyInfo()
      return [
        Field(names[0], info.initialBytes, .bytes, .live), Field(names[1], info.dirtyBytes, .bytes, .live),
      ]
    } catch {
      let reason = error.reason
      return names.map { Field($0, nil, .bytes, .failed(reason)) }
    }
  }

  /// MIG_DATA_SIZE; nil when it is not offered, or refused.
  var stopCopyLength: UInt64? { offersDataSize ? try? dataSize() : nil }

  private func dataSize() throws(DeviceError) -> UInt64 {
    let data = try device.get(.migDataSize, count: 8)
    guard let length: UInt64 = data.number(at: 0) else {
      throw DeviceError(
        .feature(argsz: 16, flags: FeatureFlags.get.of(.migDataSize)), .malformed("the answer is too short"))
    }
    return length
  }

  /// The path that the kernel takes, and what comes with it.
  public func plan(from: State, to: State) -> StepPlan {
    guard case .v2(let old) = from, case .v2(let new) = to else {
      return StepPlan(from: from, to: to, standing: .refused("\(to.name) is a state of the other protocol"))
    }
    if let why = refusal(from: old, to: new) { return StepPlan(from: from, to: to, standing: .refused(why)) }
    guard let path = machine.path(from: old, to: new) else {
      return StepPlan(
        from: from, to: to, standing: .refused("\(new.protocolName) can't follow \(old.protocolName)"))
    }
    var effects = StepPlan.effects(from: from, to: to)
    // From a quiesced to a running state there is nothing to be surprised at.
    let passesRunning = path.dropFirst().dropLast().contains(.running)
    if passesRunning && !(from.isRunning && new == .preCopy) { effects.append(.runsForAMoment) }
    if V2Arcs.endsSession(path) { effects.append(.endsSession) }
    if V2Arcs.opensSession(path) { effects.append(.opensSession) }
    if path.count > 1 && path.allSatisfy(V2Arcs.savingGroup.contains) { effects.append(.keepsSession) }
    return StepPlan(from: from, to: to, path: path.map(State.v2), standing: .allowed, effects: effects)
  }

  private func refusal(from old: V2State, to new: V2State) -> String? {
    if old == .error { return "only a reset leaves ERROR" }
    if new == .error { return "ERROR can't be asked for" }
    if machine.states.contains(new) { return nil }
    return V2State.known.contains(new)
      ? "the device's flags do not cover \(new.protocolName)" : "\(new.name) is not a state of the protocol"
  }

  /// SET of MIG_DEVICE_STATE.
  public func request(_ state: State) throws(DeviceError) {
    try request(raw: state.number)
  }

  /// SET of MIG_DEVICE_STATE with any number.
  public func request(raw number: UInt32) throws(DeviceError) {
    var data = [UInt8](number: number) + [UInt8](number: Int32(-1))
    // After a failure the structure holds the requested state and no descriptor, whatever has really happened: only
    // reading the state back tells.
    try device.set(.migDeviceState, data: &data)
    guard let dataFD: Int32 = data.number(at: 4), dataFD >= 0 else { return }
    // A new session: the old one, if any, ended on the way here.
    stream?.close()
    stream = device.stream(taking: dataFD)
  }

  /// SET of MIG_PRECOPY_INFOv2 where PROBE says that it is there. Kernels of before 2026 don't have it.
  public func optInToReinit() {
    guard !hasReinit, (try? device.offers(.set, .migPrecopyInfoV2)) == true else { return }
    var none: [UInt8] = []
    // Refused, it is as if it were not there: a transfer goes without.
    hasReinit = (try? device.set(.migPrecopyInfoV2, data: &none)) != nil
  }

  /// Nothing was read from the data fd or written to it since this session made the device open it.
  public private(set) var hasUntouchedSession = false

  /// The data fd, of which something is about to be read or written.
  var streamToUse: (any DataStream)? {
    hasUntouchedSession = false
    return stream
  }

  /// Reads the data fd, where each call gives a chunk of its own. There is no window to choose an access for.
  public func reader(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkReader { V2Reader(self) }

  /// Writes the data fd.
  public func writer(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkWriter { V2Writer(self, goOn) }

  /// Closes a data fd whose session ended on the way.
  public func arrived(in state: State, from before: State?) {
    if !state.isSaving && !state.isResuming { return close() }
    // A change from one saving state to another keeps the session.
    guard let before, !state.isSame(as: before), !(state.isSaving && before.isSaving) else { return }
    hasUntouchedSession = true
  }

  /// Closes the data fd.
  public func close() {
    stream?.close()
    stream = nil
    hasUntouchedSession = false
  }

  /// MIG_PRECOPY_INFOv2 holds as long as the device is open.
  public func reopened() { hasReinit = false }
}
