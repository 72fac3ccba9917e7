import Migration
import VFIO

/// One write of `device_state`, with what the register read before and behind it.
struct V1Change {
  let before: Answer<UInt32>
  let asked: UInt32
  let answer: Answer<Void>
  let after: Answer<UInt32>

  /// Whether the register shows what was asked for, whatever its reserved bits.
  var isShown: Bool { after.value.map { $0 & V1State.mask } == asked & V1State.mask }

  /// Whether the write succeeded, and the register shows what was asked for.
  var isMade: Bool { answer.isDone && isShown }

  /// Whether the register shows the error state.
  var isError: Bool { after.value.map { V1State(rawValue: $0).withoutReservedBits } == .error }

  /// What was written where, and what came of it.
  var words: String {
    "In \(before.stateName), writing \(V1State(rawValue: asked).name): \(answer); device_state then reads \(after.stateName)"
  }
}

extension Answer<UInt32> {
  /// The name of the state, when this is what `device_state` read; else why it could not be read.
  var stateName: String { value.map { V1State(rawValue: $0).name } ?? "\(self)" }
}

extension V1Bench {
  /// Writes this number to `device_state`.
  func change(to number: UInt32) -> V1Change {
    let before = state()
    let answer = setState(number)
    return V1Change(before: before, asked: number, answer: answer, after: state())
  }

  /// Writes this state.
  func change(to state: V1State) -> V1Change { change(to: state.rawValue) }

  /// Brings the device to the first state, from RUNNING, and writes the second one.
  func change(from: V1State, to: V1State) throws(Untried) -> V1Change {
    try enterAnew(from)
    return change(to: to)
  }

  /// Brings the device to this state by way of RUNNING, so that what was before has no part in it.
  func enterAnew(_ state: V1State) throws(Untried) {
    guard isBackInRunning() else { throw Untried("the device can't be brought back to running") }
    if state != .running { try enter(state) }
  }

  /// Brings the device back to RUNNING in the midst of a check, by a reset where nothing else helps and the user has
  /// allowed it.
  func isBackInRunning() -> Bool {
    if isIn(.running) || change(to: .running).isMade { return true }
    guard bench.permission >= .lose else { return false }
    _ = reset()
    return isIn(.running) || change(to: .running).isMade
  }

  /// `VFIO_DEVICE_RESET`.
  func reset() -> Answer<Void> { Answer { () throws(DeviceError) in try device.reset() } }
}

extension V1State {
  /// All changes from one valid state to another that fit.
  static func changes(where fits: (V1State, V1State) -> Bool) -> [(from: V1State, to: V1State)] {
    valid.flatMap { from in valid.filter { from != $0 && fits(from, $0) }.map { (from, $0) } }
  }
}
