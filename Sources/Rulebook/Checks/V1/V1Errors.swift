import Migration
import VFIO

/// What a device does when something fails.
enum V1Errors {
  static let checks: [Check] = [
    Check("V1-ERR-01") { (bench) throws(Untried) in
      let failed = try failedChanges(V1Bench(bench))
      for change in failed {
        if change.answer.isDone { return .broken("A failure is not told. \(change.words).") }
        if case .short? = change.answer.refusal {
          return .broken("A failure is told by a short write, not by an error. \(change.words).")
        }
      }
      return .kept(failed.map { "\($0.asked): \($0.answer)" }.joined(separator: "; ") + ".")
    },
    Check("V1-ERR-02") { (bench) throws(Untried) in
      let failed = try failedChanges(V1Bench(bench)).filter { !$0.answer.isDone }
      guard !failed.isEmpty else { throw Untried("nothing was refused") }
      if let lost = failed.first(where: { !$0.isError && ($0.after.value == nil || $0.after.value != $0.before.value) })
      {
        return .broken("\(lost.words).")
      }
      return .kept(failed.map(\.words).joined(separator: ". ") + ".")
    },
    Check("V1-ERR-04", shownError),
    Check("V1-ERR-05", onlyReset),
    Check("V1-ERR-06") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      try v1.provokeError()
      let answer = v1.reset()
      let state = v1.state()
      let words = "In error, a reset answers: \(answer); device_state then reads \(state.stateName)."
      return answer.isDone && state.value == V1State.running.rawValue ? .kept(words) : .broken(words)
    },
    Check("V1-ERR-07") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let refused = try failedChanges(v1).first { !$0.answer.isDone && $0.after.value == $0.before.value }
      guard let refused else { throw Untried("no change is refused with the old state kept") }
      var words = "\(refused.asked) was refused: \(refused.answer)."
      for state in [V1State.stopCopy, .preCopy, .stop] where v1.isBackInRunning() {
        _ = v1.change(to: refused.asked)
        let change = v1.change(to: state)
        words += " \(change.words)."
        if change.isMade { return .kept(words) }
      }
      return .broken(words)
    },
    Check("V1-ERR-08") { (bench) throws(Untried) in
      let answers = try V1Bench(bench).loadWrongData()
      return if let telling = answers.first(where: { $0.refusal != nil }), let refusal = telling.refusal {
        .kept("Wrong data are told of by \(telling.access): \(refusal).")
      } else {
        .broken("64 bytes of wrong data were loaded, and running was written: no access was refused.")
      }
    },
  ]

  /// Numbers that are no states, written while the device runs, as far as they were not reached.
  private static func failedChanges(_ v1: V1Bench) throws(Untried) -> [V1Change] {
    var failed: [V1Change] = []
    for number: UInt32 in [5, 7] where v1.isBackInRunning() {
      let change = v1.change(to: number)
      if !change.isMade { failed.append(change) }
    }
    guard !failed.isEmpty else { throw Untried("the device takes every number for a state") }
    return failed
  }

  /// Where nothing may be lost, only the present state is looked at.
  private static func shownError(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    if bench.permission >= .lose { try? v1.provokeError() }
    for _ in 0..<3 {
      let state = V1State(rawValue: try bench.need(v1.state(), "device_state"))
      let low = state.withoutReservedBits
      guard low == .error || V1State.valid.contains(low) else {
        return .broken(
          "device_state reads 0x\(hexadecimal(state.rawValue)): that is no state, and not the error state.")
      }
      // The header's macro takes 1110 for the error state; the text that proposed bit 3 does not.
      if low == .error, state != .error {
        return .seen("device_state reads 0x\(hexadecimal(state.rawValue)): the error state, with reserved bits set.")
      }
    }
    let last = try bench.need(v1.state(), "device_state")
    return .kept("device_state reads \(last) (\(V1State(rawValue: last).name)).")
  }

  private static func onlyReset(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.provokeError()
    let change = v1.change(to: .running)
    guard !change.answer.isDone, change.isError else { return .broken("\(change.words).") }
    guard v1.isBackInRunning() else { return .kept("\(change.words). No reset brings it back to running.") }
    let first = bench.journal.count
    _ = v1.ownLoad([V1Bench.wrongData])
    var isInError = false
    for access in bench.accesses(since: first) {
      let state: UInt32 = access.payload.number(at: 0) ?? 0
      switch access.operation {
      case .reset: isInError = false
      case .read where access.register == "device_state" && access.failure == nil:
        isInError = V1State(rawValue: state).withoutReservedBits == .error
      case .write where access.register == "device_state" && isInError:
        return .broken("In the error state, this program wrote \(state) to device_state.")
      default: break
      }
    }
    return isInError
      ? .broken("This program's own load of wrong data left the device in its error state.")
      : .kept("\(change.words). This program's own load of wrong data ended with a reset.")
  }
}

extension V1Bench {
  /// Data that no device takes for its own.
  static var wrongData: LoadData { LoadData(repeating: 0xFF, count: 64) }

  /// Loads wrong data and asks the device to run, access by access.
  func loadWrongData() throws(Untried) -> [(access: String, refusal: DeviceError.Reason?)] {
    try enterAnew(.resuming)
    let offset = try bench.need(dataOffset(), "data_offset")
    guard offset <= region.size, UInt64(Self.wrongData.count) <= region.size - offset else {
      throw Untried("data_offset is \(offset), where there is no room for data")
    }
    return [
      ("the write of the data", setWindow(try Self.wrongData.bytes(), at: offset).refusal),
      ("the write of data_size", setDataSize(UInt64(Self.wrongData.count)).refusal),
      ("the read of data_offset", dataOffset().refusal),
      ("the write of running", setState(V1State.running.rawValue).refusal),
    ]
  }

  /// Brings the device into its error state, by wrong data; a check that needs it can't be tried elsewhere.
  func provokeError() throws(Untried) {
    _ = try loadWrongData()
    // A device may look at its data only now, and refuse to leave; asked once more, it has to say what has become of it.
    var state = state()
    if state.value == V1State.resuming.rawValue { state = change(to: .running).after }
    guard let number = state.value, V1State(rawValue: number).withoutReservedBits == .error else {
      throw Untried("after a load of wrong data the device is in \(state.stateName), not in error")
    }
  }
}
