extension Access {
  /// The access on one line: when, how long, what, and what came back.
  public func line(since start: ContinuousClock.Instant) -> String {
    let at = start.duration(to: self.start).inSeconds
    return "\(at) s +\(duration.inMicroseconds) µs \(words)"
  }

  /// What was asked, and what came back, without times.
  public var words: String {
    let outcome = failure.map { "= \($0)" } ?? "= \(result)" + (payload.isEmpty ? "" : " [\(payloadText)]")
    let what = [operation.description, register].compactMap { $0 }.joined(separator: " ")
    return "\(what) \(outcome)"
  }

  /// The first bytes; a register of 4 or 8 bytes as a number, a state of protocol v2 with its name.
  private var payloadText: String {
    if let state = migrationState { return state }
    return switch payload.count {
    case 4: "0x" + hexadecimal(payload.number(UInt32.self, at: 0) ?? 0)
    case 8: "0x" + hexadecimal(payload.number(UInt64.self, at: 0) ?? 0)
    default: payload.map { hexadecimal($0, digits: 2) }.joined()
    }
  }

  /// `struct vfio_device_feature_mig_state` of linux/vfio.h: the state, and the data fd or -1.
  private var migrationState: String? {
    guard case .feature(_, let flags) = operation,
      FeatureFlags(rawValue: flags).index == FeatureNumber.migDeviceState.rawValue,
      let number: UInt32 = payload.number(at: 0), let dataFD: Int32 = payload.number(at: 4)
    else { return nil }
    return "state \(number) (\(V2State(rawValue: number).protocolName)) fd \(dataFD)"
  }
}

extension Duration {
  /// Seconds with six decimals.
  public var inSeconds: String {
    let fraction = String(inMicroseconds % 1_000_000)
    return "\(components.seconds)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  /// Whole microseconds.
  public var inMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
