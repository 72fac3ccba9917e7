import Migration
import VFIO

/// Leads a device of protocol v2 from state to state, with its data session, and says what is wrong with a request.
final class V2Walk {
  let v2: V2Bench
  let arcs: V2Arcs
  /// The data fd of the open session, as far as it is known.
  private(set) var stream: (any DataStream)?
  /// What was saved, and how it ended.
  private var kept: (data: SavedData, drained: Drained)?
  /// How much of it the device has been given in its present session.
  private var loaded = 0

  init(_ bench: Bench) throws(Untried) {
    v2 = try V2Bench(bench)
    arcs = V2Arcs(flags: v2.flags)
  }

  /// The states of the device that may be entered without losing what it holds, in the protocol's order; RESUMING is
  /// the last one where that may be lost.
  var states: [V2State] {
    arcs.states.filter { $0 != .resuming } + (v2.bench.permission >= .lose ? [.resuming] : [])
  }

  /// Goes there, unless the device is there.
  func enter(_ state: V2State) throws(Untried) {
    guard arcs.states.contains(state) else { throw Untried("the device does not have \(state.protocolName)") }
    let present = v2.state().value
    guard present != state else { return }
    // RESUMING is left well only with all of the data.
    if present == .resuming, stream != nil, kept != nil { _ = try v2.bench.need(loadAll(), "writing the data fd") }
    arrived(state, with: try v2.enter(state))
  }

  /// One SET; what comes of it is for the caller to judge.
  func ask(_ state: V2State) throws(Untried) -> V2Bench.Change {
    let (change, stream) = try v2.ask(state)
    if change.isDone { arrived(state, with: stream) }
    return change
  }

  private func arrived(_ state: V2State, with new: (any DataStream)?) {
    let hasSession = State.v2(state).isSaving || state == .resuming
    stream = hasSession ? new ?? stream : nil
    if new != nil { loaded = 0 }
  }

  /// The data fd of the session that is open now.
  func openStream() throws(Untried) -> any DataStream {
    guard let stream else { throw Untried("no data fd came with the state") }
    return stream
  }

  // MARK: data

  /// What the device gives in STOP_COPY; asked for once. It is in STOP_COPY afterwards when it was asked.
  func saved() throws(Untried) -> Drained {
    if let kept { return kept.drained }
    // In a session that is open already something may have been read.
    try enter(.running)
    try enter(.stopCopy)
    let data = SavedData()
    let saved = try drain(into: data)
    kept = (data, saved)
    return saved
  }

  /// The data themselves.
  func savedData() throws(Untried) -> LoadData {
    _ = try saved()
    return kept?.data.whole ?? LoadData()
  }

  /// Reads the open session's data to the end, or as far as a check goes.
  func drain(into data: SavedData? = nil) throws(Untried) -> Drained {
    let drained = try openStream().drain(into: data)
    if case .refused(let reason) = drained.end { throw Untried("reading the data fd answers \(reason)") }
    return drained
  }

  /// Gives the device in RESUMING what was saved, up to this many bytes of it.
  func load(upTo count: Int) throws(Untried) -> Answer<Void> {
    let part = try savedData().prefix(count).dropFirst(loaded)
    loaded += part.count
    return try openStream().put(part)
  }

  /// Gives the device in RESUMING all that was saved.
  func loadAll() throws(Untried) -> Answer<Void> {
    let saved = try saved()
    guard saved.isWhole else { throw Untried("the device gives more than a check takes") }
    return try load(upTo: saved.count)
  }

  // MARK: judging

  /// Asks for `to` in `from`, and says what is wrong with what comes of it; nil when nothing is.
  ///
  /// Whether a data fd comes that should not come is another rule's.
  func fault(from: V2State, to: V2State) throws(Untried) -> String? {
    if from == .resuming || to == .resuming { _ = try saved() }
    try enter(from)
    if from == .resuming {
      let answer = try loadAll()
      guard answer.isDone else { return "The device refuses its own data: \(answer)." }
    }
    let name = "\(from.protocolName) to \(to.protocolName)"
    let held = stream
    let change = try ask(to)
    guard change.isDone else { return "\(name) is refused: \(change)." }
    let reached = v2.state()
    guard reached.value == to else {
      return "\(name) is reported as done, and the device is in \(reached.value?.protocolName ?? "\(reached)")."
    }
    return try sessionFault(name, arcs.path(from: from, to: to) ?? [], change, held: held)
  }

  /// What is wrong with the data session that a request leaves; nil when nothing is.
  private func sessionFault(
    _ name: String, _ path: [V2State], _ change: V2Bench.Change, held: (any DataStream)?
  ) throws(Untried) -> String? {
    if V2Arcs.opensSession(path) {
      guard change.dataFD >= 0, let stream else { return "\(name) gives no data fd." }
      let answer = path.last == .resuming ? try load(upTo: 4096) : stream.readable()
      return answer.isDone ? nil : "The data fd that \(name) gives can't be used: \(answer)."
    }
    guard path.count > 1, path.allSatisfy({ State.v2($0).isSaving }), let held else { return nil }
    let answer = held.readable()
    return answer.isDone ? nil : "After \(name) the data fd can't be read any more: \(answer)."
  }
}

extension DataStream {
  /// Writes all of it.
  func put(_ data: LoadData) throws(Untried) -> Answer<Void> {
    try writeAll(data)?.refusal.map { .refused($0) } ?? .value(())
  }
}
