import Migration
import VFIO

/// A device that has stopped.
enum V2Stopped {
  static let checks: [Check] = [Check("V2-ERR-02", isQuiet), Check("V2-ERR-03", survivesAccess)]

  /// The region of a PCI device's configuration (`VFIO_PCI_CONFIG_REGION_INDEX`).
  private static let configIndex: UInt32 = 7

  /// What can be seen of it from here: its state and its data stay, and its configuration answers.
  private static func isQuiet(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let before = try config(bench)
    try walk.enter(.stop)
    if let fault = configFault(walk, before) { return .broken(fault) }
    var saves: [Drained] = []
    for _ in 0..<2 {
      try walk.enter(.stop)
      try walk.enter(.stopCopy)
      // libvfio-user refuses all of a device's regions there.
      if !bench.isBehindSocket, let fault = configFault(walk, before) { return .broken(fault) }
      let saved = try walk.drain()
      if saved.isWhole { saves.append(saved) }
      let now = walk.v2.state()
      guard now.value == .stopCopy else {
        return .broken("While it was read in STOP_COPY, the state became \(now.name).")
      }
    }
    let answers = "The state stays\(before == nil ? "" : ", and the configuration space answers as before")"
    guard saves.count == 2 else { return .seen("\(answers). Its data are more than a check takes.") }
    // Data may differ without the state behind them: a count, a time.
    return saves[0].isSame(as: saves[1])
      ? .kept("\(answers). Saved twice, the device gives the same \(saves[0].count) bytes.")
      : .seen("\(answers). Saved twice, the device gives other data (\(saves[0].count) and \(saves[1].count) bytes).")
  }

  /// The configuration space, and vendor and device in it.
  private typealias Config = (region: Region, ids: UInt32)

  /// Nil when the device has no configuration space.
  private static func config(_ bench: Bench) throws(Untried) -> Config? {
    guard let region = try regions(bench).first(where: { $0.index == configIndex && $0.size >= 64 }) else { return nil }
    let ids = try bench.need(
      Answer { () throws(DeviceError) in try bench.device.register(UInt32.self, in: region, at: 0) },
      "reading the configuration space")
    return (region, ids)
  }

  private static func configFault(_ walk: V2Walk, _ before: Config?) -> String? {
    guard let before else { return nil }
    let answer = Answer { () throws(DeviceError) in
      try walk.v2.device.register(UInt32.self, in: before.region, at: 0)
    }
    guard answer.value != before.ids else { return nil }
    let found = answer.value.map { "0x\(hexadecimal($0))" } ?? "\(answer)"
    return "In \(walk.v2.state().name) the configuration space answers \(found), not 0x\(hexadecimal(before.ids))."
  }

  /// What a user should not do. The machine, which is what counts, can only be seen to be still there.
  private static func survivesAccess(_ bench: Bench) throws(Untried) -> Outcome {
    let walk = try V2Walk(bench)
    let bars = try regions(bench).filter { $0.index < 6 && $0.size >= 4 && $0.flags.contains(.read) }
    guard !bars.isEmpty else { throw Untried("the device has no BAR that can be read") }
    try walk.enter(.stopCopy)
    let answers = bars.map { bar in
      let answer = Answer { () throws(DeviceError) in try bench.device.register(UInt32.self, in: bar, at: 0) }
      return "BAR \(bar.index): \(answer.value.map { "0x\(hexadecimal($0))" } ?? "\(answer)")"
    }
    let now = walk.v2.state()
    guard now.isDone else {
      return .broken("After its BARs were read in STOP_COPY the device does not answer: \(now).")
    }
    return .kept(
      "Read in STOP_COPY, \(answers.joined(separator: ", ")). The device still answers; look for errors in dmesg.")
  }

  private static func regions(_ bench: Bench) throws(Untried) -> [Region] {
    try bench.need(Answer { () throws(DeviceError) in try bench.device.regions() }, "GET_REGION_INFO")
  }
}
