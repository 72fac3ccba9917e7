import Migration
import VFIO

/// Loading: what a device does with data that are not as they should be.
enum V2Loading {
  static let checks: [Check] = [bad, stateAfterwards, abort, nothing, tooLong]

  private static let bad = Check("V2-RES-01") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let data = try v2.saved()
    let half = try v2.load(data.prefix(data.count / 2))
    try v2.recover()
    let altered = try v2.load(data.flipped(at: 0))
    try v2.recover()
    let words = "Half of the data: \(half). All data with the first byte altered: \(altered)."
    return half.isTaken && altered.isTaken ? .broken(words) : .kept(words)
  }

  private static let stateAfterwards = Check("V2-RES-02") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let data = try v2.saved()
    let half = try v2.load(data.prefix(data.count / 2))
    let state = v2.state()
    return .seen("Half of the data: \(half). The device is then in \(state.value?.protocolName ?? "\(state)").")
  }

  /// A load of this program's own is given up in the middle.
  private static let abort = Check("V2-RES-03") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let data = try v2.saved()
    try v2.enter(.running)
    let first = bench.journal.count
    let source = LoadChunks(data.prefix(data.count / 2).chunks(of: 1 << 16))
    let end = source.end
    let observer = TransferObserver(isCancelled: { end.hasCome })
    _ = LoadOperation(bench.session, from: source, observer: observer).run()
    let accesses = bench.accesses(since: first)
    guard accesses.contains(where: \.entersResuming) else {
      throw Untried("the device does not take this program's way to RESUMING")
    }
    guard accesses.contains(where: { $0.operation == .reset }) else {
      return .broken("A load that was given up was not ended by a reset.")
    }
    let state = v2.state()
    return state.value == .running
      ? .kept("A load that was given up was ended by a reset, which led to RUNNING.")
      : .broken("After a reset in RESUMING the device is in \(state.value?.protocolName ?? "\(state)").")
  }

  private static let nothing = Check("V2-RES-04") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let loading = try v2.load(LoadData())
    let state = v2.state()
    return .seen("Without any data: \(loading). The device is then in \(state.value?.protocolName ?? "\(state)").")
  }

  private static let tooLong = Check("V2-RES-05") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let loading = try v2.load(v2.saved() + LoadData(repeating: 0, count: 16 << 20))
    return loading.isTaken
      ? .broken("16 MiB behind the data: \(loading).") : .kept("16 MiB behind the data: \(loading).")
  }
}

extension Access {
  fileprivate var entersResuming: Bool {
    sets(.migDeviceState) && failure == nil && payload.number(at: 0) == V2State.resuming.rawValue
  }
}
