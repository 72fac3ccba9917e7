import Migration
import VFIO

extension UserFault {
  static let closedDevice = UserFault(
    "close-device", .lose,
    what: "Closes the device itself in the middle of its data, and opens it again.",
    expected: """
      It can be opened again, and of the data session nothing is left. By protocol v1 it runs then; by protocol v2 that \
      is left open, and most drivers let it run.
      """,
    checks: { protocolIs in
      switch protocolIs {
      case .v1: [Check("V1-STATE-01", closeV1)]
      case .v2: [Check("V2-STATE-02", closeV2), Check("V2-FD-10", closeUnderDataFD)]
      case .vfioUser: []
      }
    })

  // MARK: v1

  private static func closeV1(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    guard let chunk = try v1.savedState(keeping: .beginning).chunks.first else {
      throw Untried("the device has no data")
    }
    var seen: [String] = []
    var runs = true
    for state in [V1State.preCopy, .stopCopy, .resuming] {
      guard (try? v1.enterAnew(state)) != nil else { continue }
      if state == .resuming {
        _ = v1.put(try chunk.prefix(max(1, chunk.count / 2)).bytes())
      } else {
        _ = try? v1.openFirstChunk()
      }
      if let why = bench.reopen().refusal {
        return .broken("Closed in \(state.name), it can't be opened again: \(why).")
      }
      let now = v1.state()
      runs = runs && now.value == V1State.running.rawValue
      seen.append("closed in \(state.name), it is opened in \(now.stateName), \(v1.leftOver)")
    }
    guard !seen.isEmpty else { throw Untried("no state with a data session can be reached") }
    guard v1.isBackInRunning() else { return .broken("\(seen.sentence) It can't be brought back to running.") }
    // Behind a server there may be other users than this one.
    return runs ? .kept(seen.sentence) : bench.isBehindSocket ? .seen(seen.sentence) : .broken(seen.sentence)
  }

  // MARK: v2

  /// What was seen of a device that was closed in a state with a data session.
  private struct Closed {
    let state: V2State
    let now: Answer<V2State>
    /// What its data fd answers, which was not closed.
    let dataFD: Answer<Void>
  }

  private static func closeV2(_ bench: Bench) throws(Untried) -> Outcome {
    let all = try close(bench)
    let words = all.map { "closed in \($0.state.protocolName), it is opened in \($0.now.name)" }.sentence
    let isBroughtBack = all.contains { $0.now.value != .running }
    return .seen(words + (isBroughtBack ? " From there it was brought back to RUNNING each time." : ""))
  }

  private static func closeUnderDataFD(_ bench: Bench) throws(Untried) -> Outcome {
    try V2Bench(bench).needDescriptor()
    let all = try close(bench)
    let words = all.map { closed in
      "after it was closed in \(closed.state.protocolName) the data fd answers "
        + (closed.dataFD.refusal.map { "\($0)" } ?? "as before")
    }.sentence
    // A device that has kept its state may go on with its data.
    let isAlive = all.contains { $0.dataFD.isDone && $0.now.value == .running }
    return isAlive ? .broken(words) : all.contains { $0.dataFD.isDone } ? .seen(words) : .kept(words)
  }

  private static func close(_ bench: Bench) throws(Untried) -> [Closed] {
    let v2 = try V2Bench(bench)
    let saved = try v2.saved()
    var all: [Closed] = []
    for state in [V2State.preCopy, .stopCopy, .resuming] where V2Arcs(flags: v2.flags).states.contains(state) {
      try v2.enter(.running)
      let stream = try v2.open(state)
      let half = saved.prefix(max(1, saved.count / 2))
      if state == .resuming { _ = try stream.put(half) } else { _ = stream.readOnce(1) }
      _ = try bench.need(bench.reopen(), "opening the device again")
      let now = v2.state()
      let answer = state == .resuming ? try stream.put(half.prefix(1)) : stream.readable()
      stream.close()
      all.append(Closed(state: state, now: now, dataFD: answer))
      if now.value != .running { try v2.recover() }
    }
    return all
  }
}

extension V1Bench {
  /// What the registers of the data session read, for who looks for one that is over.
  fileprivate var leftOver: String {
    [("pending_bytes", pendingBytes()), ("data_offset", dataOffset()), ("data_size", dataSize())]
      .map { "\($0) \($1)" }.joined(separator: ", ")
  }
}

extension [String] {
  /// Them in one sentence, which begins as one does.
  fileprivate var sentence: String {
    let words = joined(separator: "; ")
    return words.prefix(1).uppercased() + words.dropFirst() + "."
  }
}
