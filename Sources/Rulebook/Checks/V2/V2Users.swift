import Migration
import VFIO

/// What whoever uses a device of protocol v2 has to do: this program itself, watched at its work.
enum V2Users {
  static let checks: [Check] = [
    Check("V2-STATE-09", asksAgain), Check("V2-STATE-10", toleratesUnknown), Check("V2-ARC-23", keepsOffRunning),
  ]

  /// Makes a request that fails, the way every step is made.
  private static func asksAgain(_ bench: Bench) throws(Untried) -> Outcome {
    for number in bench.isBehindSocket ? [0] : [0, 8] as [UInt32] {
      let first = bench.journal.count
      let result = bench.session.step(.raw(number))
      if let withheld = result.withheld { throw Untried("nothing was asked: \(withheld)") }
      guard let failure = result.failure else { continue }
      let accesses = bench.accesses(since: first)
      guard let failed = accesses.lastIndex(where: { $0.sets(.migDeviceState) }) else { continue }
      let buffer = accesses[failed].payload
      let asked = accesses[failed...].contains { $0.gets(.migDeviceState) && $0.failure == nil }
      let left = "state \(buffer.number(UInt32.self, at: 0) ?? 0) and data_fd \(buffer.number(Int32.self, at: 4) ?? 0)"
      guard asked, let reached = result.reached else {
        return .broken("After a SET that failed the state was not asked for.")
      }
      return .kept(
        "SET to \(number) answers \(failure) and leaves \(left) in the buffer; the state was asked for again and is \(reached.name)."
      )
    }
    throw Untried("no SET could be made to fail")
  }

  /// A device in a state of the future, made of this one: nothing but GET reaches the device.
  private static func toleratesUnknown(_ bench: Bench) throws(Untried) -> Outcome {
    let number: UInt32 = 8
    var interference = Interference()
    interference.feature = { call, forward in
      var answer = forward(call)
      if call.is(.get, .migDeviceState), answer.failure == nil { answer.data.put(number: number, at: 0) }
      return answer
    }
    let future = InterferedDevice(bench.device, interference)
    let flags = try V2Bench(bench).flags
    let seen = Answer { () throws(DeviceError) in
      try MigrationSession(device: future, interface: V2Interface(future, flags: flags), journal: Journal()).observe()
    }
    let state = try bench.need(seen, "looking at a device in state \(number)").state
    return state.number == number && !state.isError && state.name == "0x8"
      ? .kept("A device that says state \(number) is shown as \"\(state.name)\" (\(state.protocolName)).")
      : .broken("A device that says state \(number) is shown as \"\(state.name)\".")
  }

  /// Requests that make a device run on the way from one state in which it does not, or is not seen, to another.
  private static let surprising: [(from: V2State, to: V2State)] = [
    (.stop, .preCopy), (.preCopy, .stop), (.preCopy, .runningP2P), (.preCopy, .resuming), (.resuming, .preCopy),
  ]

  /// Saves a stopped device, and looks at what was asked of it; and at what is said before such a request is made.
  private static func keepsOffRunning(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let arcs = walk.arcs
    let there = surprising.filter { arcs.path(from: $0, to: $1)?.dropFirst().dropLast().contains(.running) == true }
    guard !there.isEmpty else { throw Untried("no combination of this device passes through RUNNING") }
    for (from, to) in there {
      let plan = bench.session.interface.plan(from: .v2(from), to: .v2(to))
      guard plan.effects.contains(.runsForAMoment), plan.danger >= .lose else {
        return .broken("Nothing is said of RUNNING before \(from.protocolName) to \(to.protocolName).")
      }
    }
    try walk.enter(.stop)
    let first = bench.journal.count
    var options = TransferOptions()
    options.limits.bytes = UInt64(Bench.byteLimit)
    options.limits.stall = Bench.patience
    _ = SaveOperation(bench.session, to: RawStreamWriter(Discarding(), digest: false), options: options).run()
    let steps = bench.journal.steps(from: first)
    if let bad = steps.first(where: { $0.plan?.effects.contains(.runsForAMoment) == true }) {
      return .broken("A stopped device that was saved was asked for \(bad.requested.name), and ran on the way.")
    }
    return .kept(
      "All \(there.count) such requests are announced as letting the device run, and saving a stopped device makes none of them."
    )
  }
}

/// Keeps nothing of a stream.
private final class Discarding: ByteSink {
  func write(_ bytes: RawSpan) {}
  func finish() {}
  func abandon() {}
}

extension Journal {
  /// The steps from this number on.
  func steps(from number: Int) -> [StepResult] {
    entries(from: number).compactMap { if case .step(let step) = $0.entry { step } else { nil } }
  }
}

extension Access {
  /// Whether it is SET of this feature.
  func sets(_ number: FeatureNumber) -> Bool { isFeature(.set, number) }

  /// Whether it is GET of this feature.
  func gets(_ number: FeatureNumber) -> Bool { isFeature(.get, number) }

  private func isFeature(_ operations: FeatureFlags, _ number: FeatureNumber) -> Bool {
    if case .feature(_, let flags) = operation { flags == operations.of(number) } else { false }
  }
}
