import Migration
import VFIO

/// NDMA, bit 3 of `device_state`: proposed, never merged.
enum V1NDMA {
  static let bit: UInt32 = 1 << 3
  /// `VFIO_REGION_INFO_CAP_MIG_NDMA`, of the proposals alone.
  private static let capability: UInt16 = 6

  static let checks: [Check] = [
    Check("V1-NDMA-01") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let isAnnounced = try isAnnounced(v1)
      let state = try bench.need(v1.state(), "device_state")
      if isAnnounced { return .kept("The region has capability 6: the device offers NDMA.") }
      return state & bit == 0
        ? .seen("The region has no capability 6, and bit 3 of device_state is clear: there is no NDMA.")
        : .broken("device_state is 0x\(hexadecimal(state)): bit 3 is set, and the region has no capability 6.")
    },
    Check("V1-NDMA-02") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      if try isAnnounced(v1) { throw Untried("the device offers NDMA: bit 3 is not reserved") }
      for before in [V1State.running.rawValue, V1State.running.rawValue | bit] {
        let written = try ownRequest(of: V1State.stop.rawValue | bit, after: before, v1)
        guard written & bit == before & bit else {
          return .broken(
            "With 0x\(hexadecimal(before)) in device_state, this program would write 0x\(hexadecimal(written)).")
        }
      }
      return .kept("This program writes bit 3 of device_state as it has read it, whatever is asked for.")
    },
    Check("V1-NDMA-03") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      guard try isAnnounced(v1) else { throw Untried("the device does not offer NDMA") }
      let memory = try? LentMemory(bench, pages: 16)
      let quiet = V1State.running.rawValue | bit
      let answer = v1.setState(quiet)
      let state = v1.state()
      guard answer.isDone, state.value == quiet else {
        return .broken("Writing 9 to device_state answers: \(answer). It then reads \(state).")
      }
      let written = memory.map { $0.changes { _ = v1.state() } }
      let back = v1.setState(V1State.running.rawValue)
      memory?.takeBack()
      if let written, written > 0 { return .broken("\(written) bytes of memory were written in state 9.") }
      guard back.isDone else { return .broken("State 9 is reached, and not left for 1: \(back).") }
      return .kept(
        "State 9 is reached and left; " + (written == nil ? "no memory could be lent." : "no memory was written in it.")
      )
    },
    Check("V1-NDMA-04") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      guard try isAnnounced(v1) else { throw Untried("the device does not offer NDMA") }
      try v1.enter(.stop)
      let answers = [bit, 0].map { number in (v1.setState(number), v1.state()) }
      return .seen(
        "In STOP, writing 8: \(answers[0].0), then \(answers[0].1); writing 0: \(answers[1].0), then \(answers[1].1).")
    },
  ]

  private static func isAnnounced(_ v1: V1Bench) throws(Untried) -> Bool {
    let index = v1.region.index
    let region = try v1.bench.need(
      Answer { () throws(DeviceError) in try v1.device.region(index) }, "GET_REGION_INFO")
    return region.capabilities.contains { if case .other(capability, _) = $0 { true } else { false } }
  }

  /// What this program writes when it is asked for a state with bit 3 set. The device is not touched.
  private static func ownRequest(of state: UInt32, after before: UInt32, _ v1: V1Bench) throws(Untried) -> UInt32 {
    let standIn = V1StandIn([V1Bench.Register.deviceState: UInt64(before)])
    let interface = standIn.interface(v1)
    _ = Answer { () throws(DeviceError) in try interface.request(.v1(V1State(rawValue: state))) }
    guard let written = standIn.takeWrites().last?.state else { throw Untried("this program writes no state") }
    return written
  }
}
