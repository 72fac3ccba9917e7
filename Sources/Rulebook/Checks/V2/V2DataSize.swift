import Migration
import VFIO

/// Feature MIG_DATA_SIZE.
enum V2DataSize {
  static let checks: [Check] = [everywhere, estimate]

  private static let everywhere = Check("V2-SIZE-01") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    // RESUMING last, and only where what the device holds may be lost.
    let states = V2Arcs(flags: v2.flags).states.filter { $0 != .resuming }
    var seen: [String] = []
    for state in states + (bench.permission >= .lose ? [.resuming] : []) {
      try v2.enter(state)
      let size = try v2.dataSize()
      guard size.isDone else { return .broken("In \(state.protocolName) MIG_DATA_SIZE answers \(size).") }
      seen.append("\(state.protocolName) \(size)")
    }
    return .kept("MIG_DATA_SIZE: \(seen.joined(separator: ", ")).")
  }

  private static let estimate = Check("V2-SIZE-02") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let said = try bench.need(try v2.dataSize(), "MIG_DATA_SIZE")
    let came = try v2.saved().count
    return .seen("MIG_DATA_SIZE says \(said) in RUNNING, and \(came) bytes come in STOP_COPY.")
  }
}

extension V2Bench {
  /// MIG_DATA_SIZE, which not every device has.
  fileprivate func dataSize() throws(Untried) -> Answer<UInt64> {
    let offer = Answer { () throws(DeviceError) in try device.offers(.get, .migDataSize) }
    guard offer.value == true else { throw Untried("the device does not offer MIG_DATA_SIZE") }
    return Answer { () throws(DeviceError) in
      try device.get(.migDataSize, count: 8).number(UInt64.self, at: 0) ?? 0
    }
  }
}
