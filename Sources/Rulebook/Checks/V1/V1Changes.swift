import Migration
import VFIO

/// Which changes of state a device makes.
enum V1Changes {
  static let checks: [Check] = drawn + open

  // MARK: drawn in the document

  private static let drawn: [Check] = [
    Check("V1-STATE-06") { (bench) throws(Untried) in
      verdict(try V1Bench(bench).change(from: .running, to: .stop))
    },
    Check("V1-STATE-07") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      return begins(try v1.change(from: .running, to: .preCopy), "pending_bytes", { v1.pendingBytes() })
    },
    Check("V1-STATE-08") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      return begins(try v1.change(from: .running, to: .stopCopy), "pending_bytes", { v1.pendingBytes() })
    },
    Check("V1-STATE-09") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let early = try v1.change(from: .preCopy, to: .stopCopy)
      guard early.isMade else { return .broken("Before data were asked for: \(early.words).") }
      try v1.enterAnew(.preCopy)
      let pending = try bench.need(v1.pendingBytes(), "pending_bytes")
      if pending > 0 { _ = (v1.dataOffset(), v1.dataSize()) }
      let late = v1.change(to: .stopCopy)
      let words = "With \(pending) bytes pending\(pending > 0 ? " and a chunk in the window" : "")"
      return late.isMade
        ? .kept("Stop-copy was entered before any data were asked for. \(words), it was entered too.")
        : .broken("\(words): \(late.words).")
    },
    Check("V1-STATE-10") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      try v1.enter(.stopCopy)
      let saved = try v1.take()
      let change = v1.change(to: .stop)
      let words = "\(saved.byteCount) bytes were taken\(saved.isWhole ? "" : ", and more were pending")"
      return change.isMade ? .kept("\(words). \(change.words).") : .broken("\(words). \(change.words).")
    },
    Check("V1-STATE-11") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      return begins(try v1.change(from: .running, to: .resuming), "data_offset", { v1.dataOffset() })
    },
    Check("V1-STATE-12") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let saved = try v1.savedState(keeping: .all)
      try v1.enter(.resuming)
      for chunk in saved.chunks { _ = try bench.need(v1.put(chunk.bytes()), "loading a chunk") }
      let change = v1.change(to: .running)
      let words = "\(saved.byteCount) bytes were loaded. \(change.words)."
      return change.isMade ? .kept(words) : .broken(words)
    },
  ]

  private static func verdict(_ change: V1Change) -> Outcome {
    change.isMade ? .kept("\(change.words).") : .broken("\(change.words).")
  }

  /// A change that makes a register mean something.
  private static func begins(_ change: V1Change, _ register: String, _ read: () -> Answer<UInt64>) -> Outcome {
    guard change.isMade else { return .broken("\(change.words).") }
    let answer = read()
    let words = "\(change.words). \(register): \(answer)."
    return answer.isDone ? .kept(words) : .broken(words)
  }

  // MARK: left open

  private static let open: [Check] = [
    recorded("V1-STATE-13", .preCopy, .running),
    recorded("V1-STATE-14", .stopCopy, .running),
    recorded("V1-STATE-15", .stop, .running),
    recorded("V1-STATE-16", .resuming, .stop),
    recorded("V1-STATE-17", .stop, .stopCopy),
    Check("V1-STATE-22") { (bench) throws(Untried) in
      let severalBits = V1State.changes { ($0.rawValue ^ $1.rawValue).nonzeroBitCount > 1 }
      return .seen(try Tally(severalBits, V1Bench(bench)).words)
    },
    Check("V1-STATE-23") { (bench) throws(Untried) in
      let undrawn = V1State.changes { V1Arcs.standing(from: $0, to: $1)?.contains(.drawn) != true }
      let tally = Tally(undrawn, try V1Bench(bench))
      guard tally.made + tally.refused.count > 0 else { throw Untried("no state can be reached to begin with") }
      return tally.refused.isEmpty ? .kept(tally.words) : .broken(tally.words)
    },
  ]

  private static func recorded(_ rule: String, _ from: V1State, _ to: V1State) -> Check {
    Check(rule) { (bench) throws(Untried) in .seen("\(try V1Bench(bench).change(from: from, to: to).words).") }
  }
}

/// What became of many changes, each tried from a device that runs.
private struct Tally {
  private(set) var made = 0
  private(set) var refused: [String] = []
  /// The write succeeded; that the state is another one breaks another rule.
  private var unseen: [String] = []
  private var untried = 0

  init(_ changes: [(from: V1State, to: V1State)], _ v1: V1Bench) {
    for (from, to) in changes {
      guard let change = try? v1.change(from: from, to: to) else {
        untried += 1
        continue
      }
      let name = "\(from.name) to \(to.name)"
      if change.answer.isDone {
        made += 1
        if !change.isShown { unseen.append(name) }
      } else {
        refused.append("\(name) (\(change.answer))")
      }
    }
  }

  var words: String {
    let all = made + refused.count + untried
    return "Of \(all) changes, \(made) are made."
      + (refused.isEmpty ? "" : " Not made: \(refused.joined(separator: ", ")).")
      + (unseen.isEmpty ? "" : " The register shows another state after \(unseen.joined(separator: ", ")).")
      + (untried == 0 ? "" : " \(untried) could not be tried, because their first state can't be reached.")
  }
}
