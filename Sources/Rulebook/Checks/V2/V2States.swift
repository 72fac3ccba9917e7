import Migration
import VFIO

/// What GET and SET of MIG_DEVICE_STATE answer.
enum V2States {
  static let checks: [Check] = [
    Check("V2-STATE-01") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let (answer, data) = v2.feature(
        argsz: 16, flags: FeatureFlags.get.of(.migDeviceState), data: [UInt8](repeating: 0xa5, count: 8))
      guard answer.isDone, let number: UInt32 = data.number(at: 0), let dataFD: Int32 = data.number(at: 4) else {
        return .broken("GET MIG_DEVICE_STATE answers \(answer).")
      }
      let state = V2State(rawValue: number)
      guard V2State.known.contains(state) else { return .broken("GET gives state \(number), which nobody knows.") }
      if bench.isBehindSocket {
        return .kept("GET gives \(state.protocolName). The data_fd, \(dataFD), means nothing over a socket.")
      }
      return dataFD == -1
        ? .kept("GET gives \(state.protocolName) and data_fd -1.")
        : .broken("GET gives \(state.protocolName) and data_fd \(dataFD), not -1.")
    },
    Check("V2-STATE-02") { (bench) throws(Untried) in
      guard let state = bench.foundState else { throw Untried("the state could not be read") }
      return .seen("The device was in \(state.protocolName) when it was opened.")
    },
    Check("V2-STATE-03") { (bench) throws(Untried) in
      // libvfio-user looks the number up beyond the end of its table.
      if bench.isBehindSocket, bench.permission < .crash {
        throw Untried("a vfio-user server may crash over it, so that it needs --allow crash")
      }
      return try refusal(of: [8, 0xffff_ffff].map(V2State.init(rawValue:)), on: bench)
    },
    Check("V2-STATE-04") { (bench) throws(Untried) in try refusal(of: [.error], on: bench) },
    Check("V2-STATE-05") { (bench) throws(Untried) in
      let arcs = V2Arcs(flags: try V2Bench(bench).flags)
      let missing = V2State.known.filter { $0 != .error && !arcs.states.contains($0) }
      guard !missing.isEmpty else { throw Untried("the device has all states") }
      return try refusal(of: missing, on: bench)
    },
    Check("V2-STATE-06", sameState),
    Check("V2-STATE-07", synchronous),
    Check("V2-STATE-08") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let first = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
      for count in 2...16 {
        let next = v2.state()
        guard next.value == first else {
          return .broken(
            "Read \(count) times with nothing asked, the state goes from \(first.protocolName) to \(next.name).")
        }
      }
      return .kept("Read 16 times with nothing asked, the state is always \(first.protocolName).")
    },
  ]

  /// Asks for states that are to be refused: with EINVAL, and with no change.
  private static func refusal(of states: [V2State], on bench: Bench) throws(Untried) -> Outcome {
    let v2 = try V2Bench(bench)
    let before = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
    let names = states.map { V2State.known.contains($0) ? "\($0.protocolName) (\($0.rawValue))" : $0.name }
    for (state, name) in zip(states, names) {
      let change = try v2.ask(state).change
      guard change.answer.errno == .EINVAL else { return .broken("SET to \(name) answers: \(change).") }
      let after = v2.state()
      guard after.value == before else {
        return .broken("SET to \(name) is refused, but \(before.protocolName) has become \(after.name).")
      }
    }
    return .kept("SET to \(names.listed) is refused with EINVAL, and the state stays.")
  }

  /// Asked for the state it is in, a device does nothing, and an open session goes on.
  private static func sameState(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let states = walk.states
    for state in states {
      try walk.enter(state)
      let stream = walk.stream
      let change = try walk.ask(state)
      let name = state.protocolName
      guard change.isDone else { return .broken("In \(name), SET to \(name) is refused: \(change).") }
      guard change.dataFD == -1 else { return .broken("In \(name), SET to \(name) gives a data fd.") }
      let after = walk.v2.state()
      guard after.value == state else { return .broken("In \(name), SET to \(name) leads to \(after.name).") }
      guard State.v2(state).isSaving, let stream else { continue }
      let read = stream.readable()
      guard read.isDone else { return .broken("After SET of \(name) in \(name) the data fd can't be read: \(read).") }
    }
    return .kept("SET to the present state is done, without a data fd, in \(states.names).")
  }

  /// What is reported as done has been done. Whether a device does what it is asked is for other rules.
  private static func synchronous(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    var done = 0
    for away in walk.states where away != .running {
      try walk.enter(.running)
      for goal in away == .resuming ? [away] : [away, .running] {
        let change = try walk.ask(goal)
        guard change.isDone else { continue }
        let after = walk.v2.state()
        guard after.value == goal else {
          return .broken("SET to \(goal.protocolName) is reported as done, and GET gives \(after.name).")
        }
        done += 1
      }
    }
    return done == 0
      ? .untried("No change was done.")
      : .kept("\(done) changes were reported as done, and GET gave the state each time.")
  }
}
