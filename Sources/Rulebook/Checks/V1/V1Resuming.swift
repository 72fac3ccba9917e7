import Glibc
import Migration
import VFIO

/// How a device takes data.
enum V1Resuming {
  static let checks: [Check] = [
    Check("V1-RES-02", consumes),
    Check("V1-RES-04", needsNoReset),
    Check("V1-RES-05", refusesHalf),
    Check("V1-RES-06", nothing),
    Check("V1-RES-07", offsets),
  ]

  /// A device that changes its state by itself is other than its data after one load and the same after the next by
  /// chance, but not so often.
  private static let rounds = 8

  /// Whether what the device makes of its data can be compared is found out by a load that is left in peace.
  private static func consumes(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let saved = try v1.savedState(keeping: .all)
    let done = "The window was overwritten behind each of \(counted(saved.chunks.count, "chunk"))"
    for _ in 0..<rounds {
      if let why = try loadSpoiling(saved, v1) { return .broken("\(done), and then \(why).") }
      if try v1.savedState(keeping: .nothing).isSame(as: saved) {
        return .kept("\(done); the device runs, and its state is the one loaded.")
      }
      // It runs for much longer then: a device that could have changed after the first load does so after this one.
      try v1.load(saved)
      usleep(10_000)
      guard try v1.savedState(keeping: .nothing).isSame(as: saved) else {
        return .kept("\(done), and the device runs. It changes its state by itself.")
      }
    }
    return .broken("\(done), and the device has another state than the one loaded.")
  }

  /// Loads, and writes something else into the window behind each chunk.
  ///
  /// - Returns: what went wrong after a chunk was taken; nil when nothing did.
  private static func loadSpoiling(_ saved: V1Bench.Saved, _ v1: V1Bench) throws(Untried) -> String? {
    try v1.enter(.resuming)
    for (number, chunk) in saved.chunks.enumerated() {
      let bytes = try chunk.bytes()
      let answer = v1.put(bytes)
      guard let offset = answer.value else {
        if number == 0 { throw Untried("the first chunk is refused: \(answer)") }
        return "chunk \(number + 1) of \(saved.chunks.count) is refused: \(answer)"
      }
      let spoilt = v1.setWindow(bytes.map { ~$0 }, at: offset)
      guard spoilt.isDone else { throw Untried("the window can't be written once more: \(spoilt)") }
    }
    let answer = v1.setState(V1State.running.rawValue)
    if !answer.isDone { return "RUNNING is refused: \(answer)" }
    let state = v1.state()
    return state.value == V1State.running.rawValue ? nil : "the state is \(state)"
  }

  private static func needsNoReset(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    // Something a reset would undo: a session that was begun and given up.
    try v1.enter(.preCopy)
    try v1.runAgain()
    let answer = v1.setState(V1State.resuming.rawValue)
    let state = v1.state()
    return answer.isDone && state.value == V1State.resuming.rawValue
      ? .kept("After pre-copy and RUNNING, without a reset, RESUMING is reached.")
      : .broken("After pre-copy and RUNNING, without a reset, RESUMING is refused: \(answer). The state is \(state).")
  }

  private static func refusesHalf(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let saved = try v1.savedState(keeping: .beginning)
    let some = part(of: saved)
    let told = "\(some.reduce(0) { $0 + $1.count }) of \(saved.byteCount) bytes"
    try v1.enter(.resuming)
    for chunk in some {
      let answer = v1.put(try chunk.bytes())
      guard answer.isDone else { return .kept("Of \(told), the device refuses a part: \(answer).") }
    }
    let answer = v1.setState(V1State.running.rawValue)
    guard !answer.isDone else { return .broken("With \(told) loaded, RUNNING is reached as if nothing were missing.") }
    return .kept("With \(told) loaded, RUNNING is refused: \(answer). The state is then \(name(of: v1.state())).")
  }

  /// The chunks that were kept, when those are not all. Else the first half of them, or half of the only one.
  private static func part(of saved: V1Bench.Saved) -> [LoadData] {
    let chunks = saved.chunks
    if !saved.isKept { return chunks }
    return chunks.count > 1 ? Array(chunks.prefix(chunks.count / 2)) : chunks.map { $0.prefix($0.count / 2) }
  }

  private static func nothing(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.resuming)
    let answer = v1.setState(V1State.running.rawValue)
    return .seen("With nothing loaded, RUNNING answers: \(answer). The state is then \(name(of: v1.state())).")
  }

  private static func offsets(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let saved = try v1.savedState(keeping: .beginning)
    try v1.enter(.resuming)
    var offsets: Set<UInt64> = []
    for chunk in saved.chunks { offsets.insert(try bench.need(v1.put(chunk.bytes()), "loading a chunk")) }
    let places = offsets.sorted().prefix(4).map { "\($0)" }.joined(separator: ", ")
    return .seen(
      "For \(counted(saved.chunks.count, "chunk")), data_offset had \(counted(offsets.count, "value")): \(places).")
  }

  private static func name(of state: Answer<UInt32>) -> String {
    state.value.map { V1State(rawValue: $0).name } ?? "unknown: \(state)"
  }
}
