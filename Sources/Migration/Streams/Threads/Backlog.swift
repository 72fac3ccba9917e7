import Dispatch

/// Bounds how many bytes are on their way from one thread to another: more than the limit only as one chunk, alone.
final class Backlog: Sendable {
  /// Enough for both threads to go on when one of them is late.
  static let limit = count * share
  private static let share = 256 << 10
  private static let count = 8
  private let shares = DispatchSemaphore(value: 0)

  init() {
    // Not its first value: it could not go away then while some are taken.
    leave(Self.limit)
  }

  /// Waits until there is room for so many bytes; for the limit and more, until nothing is on its way. Only one thread
  /// does so.
  func enter(_ bytes: Int) {
    for _ in 0..<Self.shares(of: bytes) { shares.wait() }
  }

  /// So many bytes have arrived that went in as one piece.
  func leave(_ bytes: Int) {
    for _ in 0..<Self.shares(of: bytes) { shares.signal() }
  }

  private static func shares(of bytes: Int) -> Int { min(count, (bytes + share - 1) / share) }
}
