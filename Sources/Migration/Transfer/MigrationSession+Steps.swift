extension MigrationSession {
  /// The state with this word of ours, when the device has it.
  func state(named name: String) -> State? { interface.states.first { $0.name == name } }

  /// Asks for a state and insists on it.
  func insist(on name: String) throws(TransferFault) -> State {
    guard let goal = state(named: name) else { throw .window("the device has no state \(name)") }
    let result = step(.state(goal))
    guard result.failure == nil, let reached = result.reached, reached.isSame(as: goal) else { throw .step(result) }
    return reached
  }

  /// The present state, or nil when it can't be read.
  public var presentState: State? { try? readState() }

  /// The same, read only to look, which the journal keeps apart.
  public var stateAtAGlance: State? { journal.looking { presentState } }

  /// Leaves a saving state, or one on the way to it, for the one before: nothing is lost by that. A device in its error
  /// state stays there.
  ///
  /// - Returns: what came of it; nil when there was nothing to be asked for.
  @discardableResult
  func goBack(to before: State) -> StepResult? {
    guard let now = presentState, !now.isError, !now.isSame(as: before) else { return nil }
    let goal = way(from: now, backTo: before)
    return goal.isSame(as: now) ? nil : step(.state(goal))
  }

  /// There is no arc from stop-copy into pre-copy (linux/vfio.h): a device that was found there goes on without it.
  private func way(from now: State, backTo before: State) -> State {
    guard before.isSaving, before.isRunning, case .refused = interface.plan(from: now, to: before).standing else {
      return before
    }
    return state(named: before.isQuiet ? "running-p2p" : "running") ?? before
  }

  /// Makes an end of a load, whose data are lost by that. It must not run beside its source, which may have happened
  /// already while another device refused: where the reset is refused, it is stopped.
  ///
  /// - Returns: what came of the reset.
  func resetOrStop() -> StepResult {
    let reset = step(.reset)
    if !reset.isDone, presentState?.isRunning == true, let stop = state(named: "stop") { step(.state(stop)) }
    return reset
  }

  /// Makes an end of a way to RESUMING that failed. A device that still has its own state goes on with it; half of another
  /// one's and an error that were there before are for the user to take away.
  ///
  /// - Returns: what came of it; nil when there was nothing to be asked for.
  func giveUpEntering(from before: State?) -> StepResult? {
    if let before, before.isResuming || before.isError { return nil }
    return giveUpResuming() ?? before.flatMap { goBack(to: $0) }
  }

  /// Leaves RESUMING with incomplete data: only a reset does that, and what the device held is lost already.
  ///
  /// - Returns: what came of the reset; nil when none was needed.
  @discardableResult
  public func giveUpResuming() -> StepResult? {
    guard let now = presentState, now.isResuming || now.isError else { return nil }
    return step(.reset)
  }
}
