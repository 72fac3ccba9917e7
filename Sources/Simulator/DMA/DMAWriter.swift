import VFIO

/// Which pages a running device writes: three writes of four go to a hot part, a sixteenth of its memory; the fourth
/// goes slowly over all of it. A matter of the seed and of running time alone.
struct DMAWriter: Sendable {
  private let seed: UInt64
  private var due: Dirtying
  /// Writes so far.
  private(set) var count: UInt64 = 0

  /// So many bytes a second from now on, a page at a time.
  init(rate: UInt64, seed: UInt64, now: ContinuousClock.Instant) {
    self.seed = seed
    due = Dirtying(rate: rate, now: now)
  }

  /// How many writes are due since the last time.
  mutating func due(at now: ContinuousClock.Instant, running: Bool) -> Int {
    due.due(at: now, running: running)
  }

  /// The page of the next write, of `pageCount` that there are.
  mutating func next(of pageCount: UInt64) -> UInt64 {
    defer { count += 1 }
    guard count % 4 != 3 else { return count / 4 % pageCount }
    let hot = max(1, pageCount / 16)
    let start = SplitMix64.mixed(seed) % (pageCount - hot + 1)
    return start + SplitMix64.mixed(seed &+ count) % hot
  }
}
