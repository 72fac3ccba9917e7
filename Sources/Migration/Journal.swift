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

  /// Accesses made for looking come every second and are kept apart, so that they don't push out what was done.
  private struct Contents {
    var done = Ring()
    var looks = Ring()
    var count = 0
    var isLooking = false
  }

  private struct Ring {
    private(set) var entries: [Numbered] = []

    mutating func add(_ entry: Numbered, capacity: Int) {
      // Half at once, so that the cost of moving the rest is spread over many entries.
      if entries.count == capacity { entries.removeFirst(capacity / 2) }
      entries.append(entry)
    }
  }

  /// When the journal began; times are told from here.
  public let start: ContinuousClock.Instant
  private let capacity: Int
  private let clock: @Sendable () -> ContinuousClock.Instant
  private let contents = Mutex(Contents())
  /// Called with every entry on the thread that made it; for the trace.
  private let onEntry: (@Sendable (Entry) -> Void)?

  /// What the entries are timed with.
  public var now: ContinuousClock.Instant { clock() }

  /// A journal of at most `capacity` entries of each kind (at least 2), timed with `clock`.
  public init(
    capacity: Int = 4096, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    onEntry: (@Sendable (Entry) -> Void)? = nil
  ) {
    self.capacity = max(2, capacity)
    self.clock = clock
    start = clock()
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

  /// What is still there from this number on, oldest first; without what was only looked at unless that is wanted.
  public func entries(from number: Int = 0, withLooks: Bool = true) -> [Numbered] {
    let (done, looks) = contents.withLock { ($0.done.entries, withLooks ? $0.looks.entries : []) }
    return (done + looks).filter { $0.number >= number }.sorted { $0.number < $1.number }
  }

  private func add(_ make: (_ looking: Bool) -> Entry) {
    let entry = contents.withLock { contents in
      let entry = make(contents.isLooking)
      let numbered = Numbered(number: contents.count, entry: entry)
      contents.count += 1
      if contents.isLooking {
        contents.looks.add(numbered, capacity: capacity)
      } else {
        contents.done.add(numbered, capacity: capacity)
      }
      return entry
    }
    onEntry?(entry)
  }
}
