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

  /// A call that has not come back yet.
  public struct Open: Sendable, Equatable {
    /// The call.
    public let operation: Operation
    /// What was asked of the device's migration with it; nil when it belongs to no step.
    public let step: Request?
    /// When it began.
    public let start: ContinuousClock.Instant
  }

  /// Accesses made for looking come every second and are kept apart, so that they don't push out what was done.
  private struct Contents {
    var done = Ring()
    var looks = Ring()
    var count = 0
    var isLooking = false
    var open: Open?
    var step: Request?
    var lastState: State?
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

  /// The call that is being waited for, from any thread; nil when there is none.
  public var open: Open? { contents.withLock { $0.open } }

  /// The state that was read last; nil when none was.
  public var lastState: State? { contents.withLock { $0.lastState } }

  /// A call begins.
  public func begin(_ operation: Operation, at start: ContinuousClock.Instant) {
    contents.withLock { $0.open = Open(operation: operation, step: $0.step, start: start) }
  }

  /// A step begins.
  func begin(_ request: Request) { contents.withLock { $0.step = request } }

  /// The device was found in this state.
  func saw(_ state: State) { contents.withLock { $0.lastState = state } }

  /// Takes one access.
  public func record(_ access: Access) {
    contents.withLock { $0.open = nil }
    add { .access(access, looking: $0) }
  }

  /// Takes one step.
  public func record(_ step: StepResult) {
    contents.withLock { $0.step = nil }
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

  /// How many entries there have been: the next one has this number.
  public var count: Int { contents.withLock { $0.count } }

  /// The last step that is still there.
  public var lastStep: StepResult? {
    contents.withLock { contents in
      for numbered in contents.done.entries.reversed() {
        if case .step(let step) = numbered.entry { return step }
      }
      return nil
    }
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
