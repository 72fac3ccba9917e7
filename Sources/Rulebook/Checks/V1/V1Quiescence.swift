import Migration
import VFIO

/// What a device does, and answers, while RUNNING is clear.
enum V1Quiescence {
  static let checks: [Check] = [
    Check("V1-QUI-01", standsStill),
    Check("V1-QUI-02", otherRegions),
    Check("V1-QUI-03", configAnswers),
  ]

  private static func standsStill(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let memory = try? LentMemory(bench, pages: 16)
    try v1.enter(.stopCopy)
    let written = memory.map { $0.changes { _ = v1.state() } }
    let isSame = try savesTheSameTwice(v1)
    // There are servers that take memory back only from a device that runs.
    try? v1.runAgain()
    memory?.takeBack()
    if let written, written > 0 {
      return .broken("\(written) bytes of memory were written after the device had stopped.")
    }
    let memoryWords = written == nil ? "No memory could be lent to it." : "It wrote to no memory after it had stopped."
    switch isSame {
    case true?: return .kept("\(memoryWords) Two saves without a reset gave the same data.")
    case false?: return .seen("\(memoryWords) Two saves without a reset gave different data.")
    case nil where written == nil: throw Untried("no memory can be lent to the device, and it can't be saved twice")
    case nil: return .kept("\(memoryWords) It could not be saved twice.")
    }
  }

  /// From stop-copy: whether another save gives the same; nil when there is none from STOP.
  private static func savesTheSameTwice(_ v1: V1Bench) throws(Untried) -> Bool? {
    let first = try v1.take()
    guard first.isWhole, v1.setState(V1State.stop.rawValue).isDone, v1.setState(V1State.stopCopy.rawValue).isDone else {
      return nil
    }
    return try v1.take().isSame(as: first)
  }

  private static func otherRegions(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let regions = try bench.need(Answer { () throws(DeviceError) in try bench.device.regions() }, "GET_REGION_INFO")
    // Behind the BARs of a PCI device come its ROM and its configuration space, which has to answer.
    guard let region = regions.first(where: { $0.index < 6 && $0.flags.contains(.read) && $0.size >= 4 }) else {
      throw Untried("the device has no other region to read")
    }
    try v1.enter(.stop)
    let answer = Answer { () throws(DeviceError) in try bench.device.bytes(in: region, at: 0, count: 4) }
    let state = v1.state()
    let told = answer.value.map { "0x" + hexadecimal($0.number(UInt32.self, at: 0) ?? 0) } ?? "\(answer)"
    return state.isDone
      ? .kept("In STOP, reading region \(region.index) gives \(told); the device still answers.")
      : .broken(
        "In STOP, reading region \(region.index) gives \(told), and the device does not answer any more: \(state).")
  }

  private static func configAnswers(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    guard try bench.info().flags & DeviceInfo.flagPCI != 0 else { throw Untried("the device is no PCI device") }
    let config = try bench.need(
      Answer { () throws(DeviceError) in try bench.device.region(Region.pciConfigIndex) }, "GET_REGION_INFO")
    let running = try bench.need(identity(config, bench), "reading the configuration space")
    for state in [V1State.stopCopy, .stop] {
      try v1.enter(state)
      let answer = identity(config, bench)
      guard answer.value == running else {
        return .broken(
          "In \(state.name), vendor and device read \(told(answer)); in running they read \(told(.value(running))).")
      }
      // An unfinished save is given up by running on, not by stopping.
      try v1.runAgain()
    }
    return .kept("Vendor and device read \(told(.value(running))) in running, stop-copy and stop.")
  }

  private static func identity(_ config: Region, _ bench: Bench) -> Answer<UInt32> {
    Answer { () throws(DeviceError) in try bench.device.register(UInt32.self, in: config, at: 0) }
  }

  private static func told(_ answer: Answer<UInt32>) -> String {
    answer.value.map { "0x" + hexadecimal($0) } ?? "\(answer)"
  }
}
