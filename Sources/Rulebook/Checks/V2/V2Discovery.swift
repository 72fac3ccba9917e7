import VFIO

/// How feature MIGRATION is found, and how `VFIO_DEVICE_FEATURE` decodes a call.
enum V2Discovery {
  static let checks: [Check] = [
    Check("V2-DISC-03") { (bench) throws(Untried) in
      let flags = try V2Bench(bench).flags
      if !flags.contains(.stopCopy) { return .broken("The flags are \(flags.rawValue): STOP_COPY is not among them.") }
      return [1, 3, 5, 7].contains(flags.rawValue)
        ? .kept("The flags are \(flags.rawValue).")
        : .seen("The flags are \(flags.rawValue): some are not known yet.")
    },
    Check("V2-DISC-05") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let unknown = FeatureFlags.get.of(.migration) | 1 << 19
      let answer = v2.feature(argsz: 16, flags: unknown, data: [UInt8](repeating: 0, count: 8)).answer
      return answer.errno == .EINVAL
        ? .kept("A call with flag bit 19 is refused with EINVAL.")
        : .broken("A call with flag bit 19 answers: \(answer).")
    },
  ]
}
