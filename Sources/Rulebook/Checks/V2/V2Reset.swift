import Migration
import VFIO

/// ERROR, and reset.
enum V2Reset {
  static let checks: [Check] = [
    Check("V2-ERR-01", leavesError), Check("V2-RST-01", fromEveryState), Check("V2-RST-02", endsSession),
    Check("V2-RST-03", offered),
  ]

  /// A device is brought into ERROR by data that it can't use: half of its own, and none.
  private static func leavesError(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let all = try walk.saved().count
    for count in [all / 2, 0] where walk.v2.state().value != .error {
      try walk.enter(.running)
      try walk.enter(.resuming)
      _ = try walk.load(upTo: count)
      for goal in [V2State.stop, .running] where walk.v2.state().value == .resuming { _ = try walk.ask(goal) }
      if walk.v2.state().value == .resuming, let why = try reset(walk.v2).refusal {
        throw Untried("RESUMING can't be left: reset answers \(why)")
      }
    }
    guard walk.v2.state().value == .error else { throw Untried("bad data do not bring the device into ERROR") }
    // Nothing but a reset is asked: the kernel answers SET in ERROR with a WARN_ON.
    let answer = try reset(walk.v2)
    guard answer.isDone else { return .broken("In ERROR, reset answers: \(answer).") }
    let now = walk.v2.state()
    return now.value == .running
      ? .kept("Bad data brought the device into ERROR, and reset to RUNNING.")
      : .broken("Reset in ERROR is reported as done, and the state is \(now.name), not RUNNING.")
  }

  private static func fromEveryState(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let states = walk.arcs.states.filter { $0 != .running }
    for state in states {
      try walk.enter(.running)
      try walk.enter(state)
      let answer = try reset(walk.v2)
      guard answer.isDone else {
        let words = "Reset in \(state.protocolName) answers \(answer)."
        // The specification of vfio-user wants it, libvfio-user refuses it in some states.
        return bench.isBehindSocket ? .seen(words) : .broken(words)
      }
      let now = walk.v2.state()
      guard now.value == .running else {
        let words = "Reset in \(state.protocolName) leads to \(now.name)."
        return bench.isBehindSocket ? .seen(words) : .broken(words)
      }
    }
    return .kept("Reset leads to RUNNING from \(states.names).")
  }

  /// Nothing is read before the reset: a socket's client may hold data that came before it.
  private static func endsSession(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    // What is written over a socket is answered later.
    let states = (bench.isBehindSocket ? [V2State.stopCopy, .preCopy] : [.stopCopy, .preCopy, .resuming])
      .filter(walk.arcs.states.contains)
    let beginning = try walk.savedData().prefix(4096)
    var answers: [String] = []
    for state in states {
      try walk.enter(.running)
      try walk.enter(state)
      let stream = try walk.openStream()
      let done = try reset(walk.v2)
      guard done.isDone else { throw Untried("reset in \(state.protocolName) answers \(done)") }
      let used = state == .resuming ? try stream.put(beginning) : stream.readable()
      guard let refusal = used.refusal else {
        return .broken("After a reset in \(state.protocolName) the data fd can still be used.")
      }
      answers.append("\(refusal) (\(state.protocolName))")
    }
    return .kept("After a reset the data fd answers \(answers.listed).")
  }

  private static func offered(_ bench: Bench) throws(Untried) -> Outcome {
    let says = try bench.info().saysReset
    let answer = Answer { () throws(DeviceError) in try bench.device.reset() }
    let words = "The device says that it can\(says ? "" : "not") be reset; reset answers: \(answer)."
    return says && answer.isDone ? .kept(words) : .seen(words)
  }

  /// Resets the device. One that does not say that it can be reset may refuse, and one that is busy too.
  private static func reset(_ v2: V2Bench) throws(Untried) -> Answer<Void> {
    let answer = Answer { () throws(DeviceError) in try v2.device.reset() }
    guard let refusal = answer.refusal else { return answer }
    if refusal.errno == .EAGAIN || refusal.errno == .EBUSY { throw Untried("the device is too busy for a reset") }
    // libvfio-user refuses GET_INFO, too, where it refuses a reset.
    let says = (try? v2.bench.info().saysReset) ?? true
    guard says else { throw Untried("the device offers no reset, which answers \(refusal)") }
    return answer
  }
}
