import Migration
import VFIO

/// Saving and loading, within the bounds of a check.
extension V2Bench {
  /// Enters a state that has a data session.
  func open(_ state: V2State) throws(Untried) -> any DataStream {
    guard let stream = try enter(state) else { throw Untried("no data fd came with \(state.protocolName)") }
    return stream
  }

  /// Enters PRE_COPY, which not every device has.
  func openPreCopy() throws(Untried) -> any DataStream {
    guard flags.contains(.preCopy) else { throw Untried("the device has no PRE_COPY") }
    return try open(.preCopy)
  }

  /// Begins to save the device in the way that disturbs it least.
  func openSaving() throws(Untried) -> any DataStream {
    flags.contains(.preCopy) ? try open(.preCopy) : try open(.stopCopy)
  }

  /// A rule about the descriptor can't be tried where there is none.
  func needDescriptor() throws(Untried) {
    if device.wire != nil { throw Untried("a vfio-user server gives no data fd") }
  }

  /// All that the device gives in STOP_COPY, where it is afterwards.
  func saved() throws(Untried) -> LoadData {
    let data = SavedData()
    let drained = try open(.stopCopy).drain(into: data)
    switch drained.end {
    case .end where drained.count == 0: throw Untried("the device gives no data")
    case .end: return data.whole
    case .nothingNow: throw Untried("the device says ENOMSG in STOP_COPY")
    case .refused(let reason): throw Untried("its data can't be read: \(reason)")
    case .data, nil: throw Untried("the device gives more than a check takes")
    }
  }

  /// Loads these data, in writes of so many bytes each, and leaves RESUMING.
  func load(
    _ data: LoadData, inPiecesOf size: (_ offset: Int) -> Int = { _ in 1 << 16 }
  ) throws(Untried) -> Loading {
    let stream = try open(.resuming)
    defer { stream.close() }
    if let refused = try stream.writeAll(data, inPiecesOf: size) { return refused }
    guard let refusal = set(.stop).answer.refusal else { return .taken }
    // A device that has no way to STOP has taken the data nonetheless if it runs on them.
    guard state().value == .resuming, set(.running).isDone else { return .refusedLeaving(refusal) }
    return .taken
  }

  /// Brings the device back to RUNNING after a load that it has refused.
  func recover() throws(Untried) {
    let reset = Answer { () throws(DeviceError) in try device.reset() }
    if let state = self.state().value, state != .running, state != .error { _ = set(.running) }
    guard self.state().value == .running else { throw Untried("a reset does not lead to RUNNING: \(reset)") }
  }
}
