import Migration
import VFIO

/// How feature MIGRATION is found, and how `VFIO_DEVICE_FEATURE` decodes a call.
enum V2Discovery {
  static let checks: [Check] = [
    Check("V2-DISC-01") { (bench) throws(Untried) in
      let flags = try V2Bench(bench).flags
      return flags.contains(.stopCopy)
        ? .kept("GET MIGRATION succeeds, and its flags, \(flags.rawValue), have STOP_COPY.")
        : .broken("GET MIGRATION succeeds, but its flags are \(flags.rawValue): STOP_COPY is not among them.")
    },
    Check("V2-DISC-02") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let mark = [UInt8](repeating: 0xa5, count: 8)
      for asked in [
        FeatureFlags.get.of(.migration), FeatureFlags.get.of(.migDeviceState),
        FeatureFlags.set.of(.migDeviceState),
      ] {
        let flags = FeatureFlags.probe.union(FeatureFlags(rawValue: asked))
        let (answer, data) = v2.feature(argsz: 16, flags: flags.rawValue, data: mark)
        guard answer.isDone else { return .broken("\(flags) answers \(answer).") }
        guard data == mark else { return .broken("\(flags) succeeds, but changes the data behind it.") }
      }
      return .kept("PROBE of GET MIGRATION and of GET and SET MIG_DEVICE_STATE succeeds and leaves the data alone.")
    },
    Check("V2-DISC-03") { (bench) throws(Untried) in
      let flags = try V2Bench(bench).flags
      if !flags.contains(.stopCopy) { return .broken("The flags are \(flags.rawValue): STOP_COPY is not among them.") }
      return [1, 3, 5, 7].contains(flags.rawValue)
        ? .kept("The flags are \(flags.rawValue).")
        : .seen("The flags are \(flags.rawValue): some are not known yet.")
    },
    Check("V2-DISC-04") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      // The present state, so that nothing changes should the call be taken.
      let state = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
      guard state != .error else { throw Untried("the device is in ERROR, where nothing is asked of it") }
      let data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
      let both = FeatureFlags([.get, .set])
      let alone = v2.feature(argsz: 16, flags: both.of(.migDeviceState), data: data).answer
      guard alone.errno == .EINVAL else { return .broken("GET and SET in one call answer: \(alone).") }
      let probed = v2.feature(argsz: 16, flags: both.union(.probe).of(.migDeviceState), data: data).answer
      return probed.isDone
        ? .kept("GET and SET in one call are refused with EINVAL, and allowed with PROBE.")
        : .broken("GET and SET with PROBE answer: \(probed).")
    },
    refused(
      "V2-DISC-05", (19..<32).map { Call(16, FeatureFlags.get.of(.migration) | 1 << $0, "with flag bit \($0)") }),
    refused(
      "V2-DISC-06",
      [
        Call(4, FeatureFlags.get.of(.migration), "with argsz 4"),
        Call(12, FeatureFlags.get.of(.migration), "with argsz 12"),
      ]),
    refused("V2-DISC-07", [Call(16, FeatureFlags.set.of(.migration), "of SET MIGRATION")]),
    Check("V2-DISC-08") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let none = v2.feature(argsz: 16, flags: FeatureFlags([]).of(.migration), data: Call.room).answer
      guard none.errno == .EINVAL else { return .broken("A call with neither GET, SET nor PROBE answers: \(none).") }
      let probe = v2.feature(argsz: 16, flags: FeatureFlags.probe.of(.migration), data: Call.room).answer
      return probe.isDone
        ? .kept("A call with neither GET, SET nor PROBE is refused with EINVAL, PROBE alone succeeds.")
        : .broken("PROBE alone answers: \(probe).")
    },
    Check("V2-DISC-09") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let unknown = FeatureFlags([.probe, .get]).rawValue | 0xffff
      let answer = v2.feature(argsz: 16, flags: unknown, data: Call.room).answer
      if answer.errno == .ENOTTY { return .kept("PROBE of feature 65535 is refused with ENOTTY.") }
      // Over a socket there is no such number: the specification leaves it to the server.
      if bench.isBehindSocket, !answer.isDone {
        return .seen("PROBE of feature 65535 answers \(answer) over the socket.")
      }
      return .broken("PROBE of feature 65535 answers: \(answer).")
    },
    Check("V2-DISC-10") { (bench) throws(Untried) in
      let answer = try V2Bench(bench).feature(
        argsz: 64, flags: FeatureFlags.get.of(.migration), data: [UInt8](repeating: 0, count: 56)
      ).answer
      return answer.isDone
        ? .kept("GET MIGRATION with argsz 64 succeeds.") : .broken("GET MIGRATION with argsz 64 answers: \(answer).")
    },
  ]

  /// A call of `VFIO_DEVICE_FEATURE` that has to be refused.
  private struct Call {
    static let room = [UInt8](repeating: 0, count: 8)
    let argsz: UInt32
    let flags: UInt32
    let words: String

    init(_ argsz: UInt32, _ flags: UInt32, _ words: String) {
      (self.argsz, self.flags, self.words) = (argsz, flags, words)
    }
  }

  /// A check that each of these calls is refused with EINVAL.
  private static func refused(_ rule: String, _ calls: [Call]) -> Check {
    Check(rule) { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      for call in calls {
        let answer = v2.feature(argsz: call.argsz, flags: call.flags, data: Call.room).answer
        guard answer.errno == .EINVAL else { return .broken("A call \(call.words) answers: \(answer).") }
      }
      let all =
        calls.count > 2
        ? "\(calls.count) calls, \(calls[0].words) and so on, are"
        : "A call \(calls.map(\.words).joined(separator: " or ")) is"
      return .kept("\(all) refused with EINVAL.")
    }
  }
}

extension Bench {
  /// Whether the device is one of a vfio-user server, where some things are not as a kernel does them.
  var isBehindSocket: Bool { surroundings.socket != nil }
}
