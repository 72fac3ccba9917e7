import VFIO

extension Access {
  /// The access on one line: when, how long, what, and what came back.
  public func line(since start: ContinuousClock.Instant) -> String {
    let at = start.duration(to: self.start).inSeconds
    let outcome = failure.map { "= \($0)" } ?? "= \(result)" + (payload.isEmpty ? "" : " [\(hex)]")
    let what = [operation.description, register].compactMap { $0 }.joined(separator: " ")
    return "\(at) s +\(duration.inMicroseconds) µs \(what) \(outcome)"
  }

  /// The first bytes; a register of 4 or 8 bytes as a number.
  private var hex: String {
    switch payload.count {
    case 4: "0x" + String(payload.number(UInt32.self, at: 0) ?? 0, radix: 16)
    case 8: "0x" + String(payload.number(UInt64.self, at: 0) ?? 0, radix: 16)
    default: payload.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}

extension Duration {
  /// Seconds with six decimals.
  var inSeconds: String {
    let fraction = String(inMicroseconds % 1_000_000)
    return "\(components.seconds)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  /// Whole microseconds.
  var inMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
