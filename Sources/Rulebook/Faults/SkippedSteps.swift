import Migration
import VFIO

/// A way to read the registers of a saving device that is not theirs. It begins where stop-copy was entered anew.
private struct WrongWay: Sendable {
  /// What is done wrong, for a sentence.
  let name: String
  /// Does it.
  ///
  /// - Returns: what was answered.
  let take: @Sendable (V1Bench, _ chunk: (offset: UInt64, size: Int)) throws(Untried) -> [String]

  init(
    _ name: String,
    _ take: @escaping @Sendable (V1Bench, _ chunk: (offset: UInt64, size: Int)) throws(Untried) -> [String]
  ) {
    (self.name, self.take) = (name, take)
  }

  static let withNothingPending = WrongWay("with nothing pending") { (v1, _) throws(Untried) in
    guard try v1.take().isWhole else { throw Untried("the device's data have no end") }
    return [v1.toldOffset, v1.toldSize]
  }

  static let outOfOrder = [
    WrongWay("data_size before data_offset") { (v1, _) throws(Untried) in
      try v1.begin()
      return [v1.toldSize, v1.toldOffset]
    },
    WrongWay("data_offset before pending_bytes") { (v1, _) throws(Untried) in [v1.toldOffset, v1.toldSize] },
    WrongWay("the window without data_offset") { (v1, chunk) throws(Untried) in
      try v1.begin()
      return [v1.toldWindow(chunk)]
    },
    WrongWay("no pending_bytes between two chunks") { (v1, _) throws(Untried) in
      let first = try v1.openFirstChunk()
      return [v1.toldWindow(first), v1.toldOffset, v1.toldSize, v1.toldWindow(first)]
    },
    WrongWay("once more behind their turn") { (v1, _) throws(Untried) in
      let first = try v1.openFirstChunk()
      return [v1.toldWindow(first), v1.toldOffset, v1.toldPending, v1.toldSize, v1.toldWindow(first), v1.toldOffset]
    },
  ]
}

extension UserFault {
  static let skippedSteps = UserFault(
    "skip-a-step", .perturb,
    what: "Reads the registers of a chunk when nothing is pending, leaves one out, and reads them out of order.",
    expected: "It gives an error or stale values, stays in its state, and gives all its data when it is saved anew.",
    checks: { protocolIs in
      guard protocolIs == .v1 else { return [] }
      return [
        Check("V1-SAVE-02") { (bench) throws(Untried) in try go([.withNothingPending], bench) },
        Check("V1-SAVE-05") { (bench) throws(Untried) in try go(WrongWay.outOfOrder, bench) },
      ]
    })

  /// What the device answers is its own affair. It is judged by what it is good for afterwards.
  private static func go(_ ways: [WrongWay], _ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    _ = try v1.savedState(keeping: .nothing)
    try v1.enterAnew(.stopCopy)
    let chunk = try v1.openFirstChunk()
    var seen: [String] = []
    for way in ways {
      try v1.enterAnew(.stopCopy)
      let told = "\(way.name): \(try way.take(v1, chunk).joined(separator: ", "))"
      guard v1.isIn(.stopCopy) else { return .broken("Read \(told). device_state then reads \(v1.state().stateName).") }
      if let why = v1.failsToSaveAnew() { return .broken("Read \(told). When it is saved anew, \(why).") }
      seen.append(told)
    }
    return .kept("Read \(seen.joined(separator: "; ")). The device stayed in stop-copy, and was saved anew.")
  }
}

extension V1Bench {
  /// Begins an iteration, which there have to be data for.
  fileprivate func begin() throws(Untried) {
    guard try bench.need(pendingBytes(), "pending_bytes") > 0 else { throw Untried("the device has no data") }
  }

  fileprivate var toldPending: String { "pending_bytes \(pendingBytes())" }
  fileprivate var toldOffset: String { "data_offset \(dataOffset())" }
  fileprivate var toldSize: String { "data_size \(dataSize())" }

  /// What reading the beginning of the window gives, where a chunk was.
  fileprivate func toldWindow(_ chunk: (offset: UInt64, size: Int)) -> String {
    let answer = window(at: chunk.offset, count: min(4096, chunk.size))
    return "the window \(answer.value.map { counted($0.count, "byte") } ?? "\(answer)")"
  }

  /// Lets the device run, and takes all its data.
  ///
  /// - Returns: why that failed; nil when it did not.
  fileprivate func failsToSaveAnew() -> String? {
    do throws(Untried) {
      try enterAnew(.running)
      _ = try savedState(keeping: .nothing)
      return nil
    } catch {
      return error.why
    }
  }
}
