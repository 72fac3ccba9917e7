import Migration
import VFIO

/// The features of protocol v2 as a check uses them: every call is one of the device's, and every answer is told.
struct V2Bench {
  let bench: Bench
  /// What feature MIGRATION gave.
  let flags: V2Flags

  /// What SET of MIG_DEVICE_STATE left.
  struct Change: CustomStringConvertible {
    /// Done, or why not.
    let answer: Answer<Void>
    /// The state in the buffer afterwards.
    let state: V2State
    /// The data fd in the buffer afterwards.
    let dataFD: Int32

    var isDone: Bool { answer.isDone }
    var description: String { answer.isDone ? "done, fd \(dataFD)" : "\(answer)" }
  }

  /// The features of the device on the bench, which has to speak protocol v2.
  init(_ bench: Bench) throws(Untried) {
    guard bench.session.interface is V2Interface else { throw Untried("the device has no feature MIGRATION") }
    self.bench = bench
    let data = try bench.need(
      Answer { () throws(DeviceError) in try bench.device.get(.migration, count: 8) }, "GET MIGRATION")
    flags = V2Flags(rawValue: data.number(at: 0) ?? 0)
  }

  var device: any Device { bench.device }

  /// `VFIO_DEVICE_FEATURE` as it is. The buffer is the answer's, or what came back with the refusal.
  func feature(argsz: UInt32, flags: UInt32, data: [UInt8] = []) -> (answer: Answer<Void>, data: [UInt8]) {
    var data = data
    let answer = Answer { () throws(DeviceError) in
      _ = try device.feature(argsz: argsz, flags: flags, data: &data)
    }
    return (answer, data)
  }

  /// GET of MIG_DEVICE_STATE.
  func state() -> Answer<V2State> {
    Answer { () throws(DeviceError) in
      V2State(rawValue: try device.get(.migDeviceState, count: 8).number(at: 0) ?? .max)
    }
  }

  /// SET of MIG_DEVICE_STATE. A data fd that comes back is the caller's to take (`Bench.stream(taking:)`).
  func set(_ state: V2State) -> Change {
    let sent = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    let (answer, data) = feature(argsz: 16, flags: FeatureFlags.set.of(.migDeviceState), data: sent)
    return Change(
      answer: answer, state: V2State(rawValue: data.number(at: 0) ?? .max), dataFD: data.number(at: 4) ?? -1)
  }

  /// The same, with the data fd that may have come taken over, and only when the device is not in ERROR: the kernel
  /// answers a SET there with a WARN_ON, which stops a machine that has panic_on_warn set (vfio_main.c).
  func ask(_ state: V2State) throws(Untried) -> (change: Change, stream: (any DataStream)?) {
    let present = try bench.need(self.state(), "GET MIG_DEVICE_STATE")
    guard present != .error else { throw Untried("the device is in ERROR, where it is asked for nothing but a reset") }
    let change = set(state)
    return (change, change.dataFD >= 0 ? bench.stream(taking: change.dataFD) : nil)
  }

  /// Asks for this state and reads it back; a check that needs it can't be tried elsewhere.
  ///
  /// A device that refuses the request is led there over other states: that it does not know the short way is for the
  /// rule of that way to tell.
  /// - Returns: the data fd that came with it, taken over; nil when there was none.
  @discardableResult
  func enter(_ state: V2State) throws(Untried) -> (any DataStream)? {
    let (change, stream) = try ask(state)
    guard change.isDone else { return try detour(to: state, refused: change) }
    try verify(state)
    return stream
  }

  private func detour(to goal: V2State, refused change: Change) throws(Untried) -> (any DataStream)? {
    var open: (any DataStream)?
    for via in V2Arcs(flags: flags).states where via != goal && via != .resuming {
      let onTheWay = try ask(via)
      guard onTheWay.change.isDone else { continue }
      open = onTheWay.stream ?? open
      let last = try ask(goal)
      guard last.change.isDone else { continue }
      try verify(goal)
      // Among the saving states a session goes on.
      return State.v2(goal).isSaving ? last.stream ?? open : last.stream
    }
    throw Untried("\(goal.name) can't be reached: \(change)")
  }

  private func verify(_ state: V2State) throws(Untried) {
    let reached = self.state()
    guard reached.value == state else {
      throw Untried("\(state.name) was asked for, and the device is in \(reached.value?.name ?? "\(reached)")")
    }
  }
}
