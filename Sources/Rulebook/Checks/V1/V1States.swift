import Glibc
import Migration
import VFIO

/// What `device_state` says and takes.
enum V1States {
  static let checks: [Check] = [
    Check("V1-STATE-01", atFirst),
    Check("V1-STATE-03") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let change = v1.change(to: V1State.running.rawValue | 1 << 8)
      // A user keeps reserved bits as they are: left set, this one would be there for ever.
      _ = v1.change(to: .running)
      return .seen("\(change.words).")
    },
    Check("V1-STATE-04", noStates),
    Check("V1-STATE-05") { (bench) throws(Untried) in
      .seen("\(try V1Bench(bench).change(to: .error).words).")
    },
    Check("V1-STATE-18", samesAgain),
    Check("V1-STATE-19", synchronous),
    Check("V1-STATE-20", constant),
    Check("V1-STATE-21", readable),
  ]

  /// The first access to the register since the journal began, which is when the device was opened.
  private static func atFirst(_ bench: Bench) throws(Untried) -> Outcome {
    guard bench.journal.entries().first?.number == 0 else {
      throw Untried("the journal does not hold the device's opening any more")
    }
    let first = bench.accesses(since: 0).first { $0.operation == .reset || $0.register == "device_state" }
    guard let first, case .read = first.operation, let state: UInt32 = first.payload.number(at: 0) else {
      throw Untried("the device's state was not read before it was changed")
    }
    let words = "device_state was \(state) (\(V1State(rawValue: state).name)) when it was read first"
    if state == V1State.running.rawValue { return .kept("\(words).") }
    return bench.surroundings.socket == nil
      ? .broken("\(words).") : .seen("\(words); another user of the server may have left it so.")
  }

  private static func noStates(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var answers: [String] = []
    for number: UInt32 in [5, 7] {
      guard v1.isBackInRunning() else { break }
      let change = v1.change(to: number)
      if change.answer.isDone || change.isShown { return .broken("\(change.words).") }
      answers.append("\(number) is refused: \(change.answer)")
    }
    guard !answers.isEmpty else { throw Untried("the device does not run") }
    return .kept(answers.joined(separator: "; ") + ".")
  }

  private static func samesAgain(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var answers: [String] = []
    for state in [V1State.running, .preCopy, .stopCopy, .stop] {
      guard let change = try? v1.change(from: state, to: state) else { continue }
      answers.append(state.name + (change.isMade ? " done" : ": \(change.answer), and then \(change.after.stateName)"))
    }
    guard !answers.isEmpty else { throw Untried("the device does not run") }
    return .seen("The present state once more: \(answers.joined(separator: "; ")).")
  }

  /// Where nothing may be lost, only the changes that leave the device with what it holds.
  private static func synchronous(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var count = 0
    let mayLose = bench.permission >= .lose
    for (from, to) in V1State.changes(where: { mayLose || $0 != .resuming && $1 != .resuming }) {
      guard let change = try? v1.change(from: from, to: to), change.answer.isDone else { continue }
      guard change.isShown else { return .broken("\(change.words).") }
      count += 1
    }
    guard count > 0 else { throw Untried("no change of state succeeds") }
    return .kept("After each of \(count) changes the register showed the new state at once.")
  }

  private static func constant(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let start = ContinuousClock.now
    let first = try bench.need(v1.state(), "device_state")
    let count = 12
    for number in 2...count {
      usleep(800)
      let answer = v1.state()
      guard answer.value == first else {
        return .broken(
          "device_state was \(V1State(rawValue: first).name), and in read \(number), \(start.milliseconds) later, \(answer.stateName). Nothing was written."
        )
      }
    }
    return .kept("\(count) reads within \(start.milliseconds) gave \(V1State(rawValue: first).name).")
  }

  private static func readable(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var names: [String] = []
    for state in [V1State.running, .preCopy, .stop] + (bench.permission >= .lose ? [.resuming] : []) {
      guard (try? v1.enterAnew(state)) != nil else { continue }
      let answer = v1.state()
      guard answer.isDone else { return .broken("In \(state.name), reading device_state is refused: \(answer).") }
      names.append(state.name)
    }
    try v1.enterAnew(.stopCopy)
    guard try bench.need(v1.pendingBytes(), "pending_bytes") > 0 else { throw Untried("the device has no data") }
    _ = v1.dataOffset()
    let between = v1.state()
    let size = v1.dataSize()
    let behind = v1.state()
    for answer in [between, behind] where answer.value != V1State.stopCopy.rawValue {
      return .broken("With a chunk in the window, device_state reads \(answer.stateName).")
    }
    let again = v1.dataSize()
    guard "\(size)" == "\(again)" else {
      return .broken(
        "Reading device_state has an effect: data_size was \(size), and is \(again) behind it."
      )
    }
    return .kept(
      "It could be read in \(names.joined(separator: ", ")), and in stop-copy with a chunk in the window, which stayed."
    )
  }
}

extension ContinuousClock.Instant {
  /// How long ago this was.
  fileprivate var milliseconds: String { "\(Int(duration(to: .now) / .milliseconds(1))) ms" }
}
