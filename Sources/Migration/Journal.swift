import Synchronization
import VFIO

/// The last accesses and steps of a device, oldest first, in bounded memory.
public final class Journal: AccessRecorder {
  /// One line of the journal.
  public enum Entry: Sendable, Equatable {
    /// An access; `looking` when it was made only to look at the device.
    case access(Access, looking: Bool)
    /// A change that was asked for, and what became of it.
    case step(StepResult)
  }

  /// An entry and its number; numbers count up from 0 and don't start again when old entries are dropped.
  public struct Numbered: Sendable, Equatable {
    /// Counts up from 0.
    public let number: Int
    /// What happened.
    public let entry: Entry
  }

  private struct Contents {
    var entries: [Entry] = []
    var dropped = 0
    var isLooking = false
  }

  private let capacity: Int
  private let clock: @Sendable () -> ContinuousClock.Instant
  private let contents = Mutex(Contents())
  /// Called with every entry on the thread that made it; for the trace.
  private let onEntry: (@Sendable (Entry) -> Void)?

  /// What the entries are timed with.
  public var now: ContinuousClock.Instant { clock() }

  /// A journal of at most `capacity` entries (at least 2), timed with `clock`.
  public init(
    capacity: Int = 4096, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    onEntry: (@Sendable (Entry) -> Void)? = nil
  ) {
    self.capacity = max(2, capacity)
    self.clock = clock
    self.onEntry = onEntry
  }

  /// Takes one access.
  public func record(_ access: Access) {
    add { .access(access, looking: $0) }
  }

  /// Takes one step.
  public func record(_ step: StepResult) {
    add { _ in .step(step) }
  }

  /// Marks the accesses that `body` makes as made for looking.
  func looking<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    contents.withLock { $0.isLooking = true }
    defer { contents.withLock { $0.isLooking = false } }
    return try body()
  }

  /// The entries from this number on that are still there.
  public func entries(from number: Int = 0) -> [Numbered] {
    contents.withLock { contents in
      let skipped = min(max(0, number - contents.dropped), contents.entries.count)
      return contents.entries.dropFirst(skipped).enumerated().map {
        Numbered(number: contents.dropped + skipped + $0.offset, entry: $0.element)
      }
    }
  }

  private func add(_ make: (_ looking: Bool) -> Entry) {
    let entry = contents.withLock { contents in
      let entry = make(contents.isLooking)
      if contents.entries.count == capacity {
        // Half at once, so that the cost of moving the rest is spread over many entries.
        contents.entries.removeFirst(capacity / 2)
        contents.dropped += capacity / 2
      }
      contents.entries.append(entry)
      return entry
    }
    onEntry?(entry)
  }
}
