import Migration
import VFIO

/// The arcs and the combinations of arcs.
enum V2Transitions {
  static let checks: [Check] =
    arcs.map { rule, pairs in Check(rule) { (bench) throws(Untried) in try go(pairs, on: bench) } }
    + [atAnyTime, blocked, others, failed]

  /// A request: from one state to another.
  private struct Pair: Hashable {
    let from: V2State
    let to: V2State

    init(_ from: V2State, _ to: V2State) { (self.from, self.to) = (from, to) }

    var words: String { "\(from.protocolName) to \(to.protocolName)" }
  }

  /// The rules that are about certain requests, and these.
  private static let arcs: [(rule: String, pairs: [Pair])] = [
    ("V2-ARC-01", [Pair(.running, .stop)]),
    ("V2-ARC-02", [Pair(.stop, .running)]),
    ("V2-ARC-03", [Pair(.stop, .stopCopy)]),
    ("V2-ARC-04", [Pair(.stopCopy, .stop)]),
    ("V2-ARC-05", [Pair(.stop, .resuming)]),
    ("V2-ARC-06", [Pair(.resuming, .stop)]),
    ("V2-ARC-07", [Pair(.running, .runningP2P), Pair(.runningP2P, .running)]),
    ("V2-ARC-08", [Pair(.runningP2P, .stop), Pair(.stop, .runningP2P)]),
    ("V2-ARC-09", [Pair(.running, .preCopy)]),
    ("V2-ARC-10", [Pair(.preCopy, .running), Pair(.preCopy, .running)]),
    ("V2-ARC-12", [Pair(.preCopy, .preCopyP2P), Pair(.preCopyP2P, .preCopy)]),
    ("V2-ARC-13", [Pair(.runningP2P, .preCopyP2P), Pair(.preCopyP2P, .runningP2P)]),
    ("V2-ARC-14", [Pair(.preCopyP2P, .stopCopy)]),
    ("V2-ARC-15", [Pair(.running, .stopCopy)]),
    ("V2-ARC-16", [Pair(.running, .resuming)]),
    ("V2-ARC-17", [Pair(.stopCopy, .running)]),
    ("V2-ARC-18", [Pair(.resuming, .running)]),
    ("V2-ARC-19", [Pair(.stopCopy, .resuming), Pair(.resuming, .stopCopy)]),
  ]
  private static let stopping = Pair(.preCopy, .stopCopy)
  private static let ofOneRule = Set(arcs.flatMap(\.pairs) + [stopping])

  private static func go(_ pairs: [Pair], on bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let missing = pairs.flatMap { [$0.from, $0.to] }.first { !walk.arcs.states.contains($0) }
    if let missing { throw Untried("the device does not have \(missing.protocolName)") }
    for pair in pairs {
      if let fault = try walk.fault(from: pair.from, to: pair.to) { return .broken(fault) }
    }
    let words = pairs.count == 2 && pairs[0] == pairs[1] ? "\(pairs[0].words), twice" : pairs.map(\.words).listed
    return .kept("\(words): done, and read back.")
  }

  /// Pre-copy may be ended at any time: at once, and in the middle of the data. The data fd then gives the rest.
  private static let atAnyTime = Check("V2-ARC-11") { (bench) throws(Untried) in
    let walk = try V2Walk(bench)
    for readsFirst in [false, true] {
      try walk.enter(.running)
      try walk.enter(.preCopy)
      let stream = try walk.openStream()
      if readsFirst { _ = try bench.need(stream.readable(), "reading the data fd") }
      let when = readsFirst ? "in the middle of the data" : "before any data are read"
      if let fault = try walk.fault(from: stopping.from, to: stopping.to) {
        return .broken("\(fault) That was \(when).")
      }
      if case .refused(let reason) = try stream.drain().end {
        return .broken("Asked \(when), the rest can't be read: \(reason).")
      }
    }
    return .kept("\(stopping.words) is done at once and in the middle of the data, and the data fd gives the rest.")
  }

  private static let blocked = Check("V2-ARC-20") { (bench) throws(Untried) in
    let walk = try V2Walk(bench)
    let goals = [V2State.preCopy, .preCopyP2P].filter(walk.arcs.states.contains)
    guard !goals.isEmpty else { throw Untried("the device has no PRE_COPY") }
    try walk.enter(.stopCopy)
    let stream = try walk.openStream()
    for goal in goals {
      let change = try walk.ask(goal)
      if change.isDone {
        let words = "STOP_COPY to \(goal.protocolName) is not refused"
        let isKnown = walk.v2.flags.isSubset(of: [.stopCopy, .p2p, .preCopy])
        return isKnown ? .broken("\(words).") : .seen("\(words): one of the flags that are not known yet may allow it.")
      }
      guard change.answer.errno == .EINVAL else {
        return .broken("STOP_COPY to \(goal.protocolName) is refused with \(change), not with EINVAL.")
      }
      let now = walk.v2.state()
      guard now.value == .stopCopy else {
        return .broken("After STOP_COPY to \(goal.protocolName) was refused, the state is \(now.name).")
      }
    }
    let read = stream.readable()
    return read.isDone
      ? .kept("STOP_COPY to \(goals.names) is refused with EINVAL, and the data fd can still be read.")
      : .broken("After STOP_COPY to \(goals.names) was refused, the data fd can't be read: \(read).")
  }

  /// All requests that have no rule of their own.
  private static let others = Check("V2-ARC-21") { (bench) throws(Untried) in
    let walk = try V2Walk(bench)
    let pairs = walk.arcs.states.flatMap { from in walk.arcs.states.map { Pair(from, $0) } }
      .filter { $0.from != $0.to && !ofOneRule.contains($0) && walk.arcs.path(from: $0.from, to: $0.to) != nil }
    guard !pairs.isEmpty else { throw Untried("the device has no other combinations") }
    for pair in pairs {
      if let fault = try walk.fault(from: pair.from, to: pair.to) { return .broken(fault) }
    }
    return .kept("All \(pairs.count) other combinations are done, and read back.")
  }

  /// A device that is given half of its data has to refuse to run.
  private static let failed = Check("V2-ARC-22") { (bench) throws(Untried) in
    let walk = try V2Walk(bench)
    let saved = try walk.saved()
    try walk.enter(.resuming)
    _ = try walk.load(upTo: saved.count / 2)
    let change = try walk.ask(.running)
    guard !change.isDone else { throw Untried("the device takes half of its data for the whole: nothing has failed") }
    let path = walk.arcs.path(from: .resuming, to: .running) ?? []
    let now = walk.v2.state()
    guard let state = now.value, state == .error || path.contains(state) else {
      return .broken("RESUMING to RUNNING has failed, and the state is \(now.name), which is not on the way.")
    }
    return .kept("RESUMING to RUNNING with half of the data answers \(change), and the state is \(now.name).")
  }
}

extension [V2State] {
  /// `STOP, STOP_COPY and RESUMING`.
  var names: String { map(\.protocolName).listed }
}

extension [String] {
  /// `a, b and c`.
  var listed: String {
    count < 2 ? joined() : "\(dropLast().joined(separator: ", ")) and \(self[count - 1])"
  }
}

extension Answer<V2State> {
  /// The state in the protocol's word, with its number when it has none; or the refusal.
  var name: String { value.map { $0.protocolName == "unknown" ? $0.name : $0.protocolName } ?? "\(self)" }
}
