/// How many pages the device changes while it runs: a matter of running time and rate alone, however often it is asked.
struct Dirtying: Sendable {
  /// What is changed at once after nobody has looked for long.
  private static let limit: UInt128 = 65536

  private let rate: UInt128
  private var lastSeen: ContinuousClock.Instant
  private var ran: Duration = .zero
  private var told: UInt128 = 0

  /// Bytes a second, from now on.
  init(rate: UInt64, now: ContinuousClock.Instant) {
    self.rate = UInt128(rate)
    lastSeen = now
  }

  /// The pages due since the last time.
  mutating func due(at now: ContinuousClock.Instant, running: Bool) -> Int {
    if running { ran += lastSeen.duration(to: now) }
    lastSeen = now
    let (seconds, attoseconds) = ran.components
    let nanoseconds = UInt128(seconds) * 1_000_000_000 + UInt128(attoseconds / 1_000_000_000)
    let all = nanoseconds * rate / (1_000_000_000 * UInt128(DeviceMemory.pageSize))
    defer { told = all }
    return Int(min(all - told, Self.limit))
  }
}
