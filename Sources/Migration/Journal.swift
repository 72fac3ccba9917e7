import Synchronization
import VFIO

/// The last accesses and steps of a device, oldest first, in bounded memory.
public final class Journal: AccessRecorder {
  /// One line of the journal.
  public enum Entry: Sendable, Equatable {
    /// An access; `looking` when it was made only to look at the device.
    case access(Access, looking: Bool)
    /// A change that was asked for, and what became of it.
    indirect case step(StepResult)
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
    private let begun: Moment
    /// When it began.
    public var start: ContinuousClock.Instant { begun.instant }

    init(operation: Operation, step: Request?, start: Moment) {
      self.operation = operation
      self.step = step
      begun = start
    }
  }

  /// Accesses made for looking come every second and are kept apart, so that they don't push out what was done.
  private struct Contents {
    var done = Ring()
    var looks = Ring()
    var count = 0
    var isLooking = false
    /// The last call that began, and when.
    var begun: (operation: Operation, start: Moment)?
    /// Whether it has not come back yet.
    var isOpen = false
    var step: Request?
    var lastState: State?

    mutating func add(_ operation: Operation, _ outcome: Outcome, _ rare: Rare?, capacity: Int) {
      if isLooking {
        looks.add(count, operation, outcome, rare, capacity: capacity)
      } else {
        done.add(count, operation, outcome, rare, capacity: capacity)
      }
      count += 1
    }
  }

  /// What few entries have, behind a pointer.
  private indirect enum Rare {
    /// The access failed.
    case failure(DeviceError.Reason)
    /// The entry is a step, no access.
    case step(StepResult)
  }

  /// What is kept of an entry. Its parts are written over in place, with what most accesses are: numbers and bytes. To
  /// make a `Numbered` and to put it into the ring would be a call for each part that may have memory of its own.
  private struct Slot {
    var number: Int
    var operation: Operation
    var outcome: Outcome
    var rare: Rare?

    var step: StepResult? { if case .step(let step) = rare { step } else { nil } }

    func numbered(looking: Bool) -> Numbered {
      let entry: Entry =
        switch rare {
        case .step(let step): .step(step)
        case .failure(let failure): .access(Access(operation, outcome, failure), looking: looking)
        case nil: .access(Access(operation, outcome, nil), looking: looking)
        }
      return Numbered(number: number, entry: entry)
    }

    mutating func become(_ number: Int, _ operation: Operation, _ outcome: Outcome, _ rare: Rare?) {
      self.number = number
      self.operation = operation
      self.outcome = outcome
      self.rare = rare
    }
  }

  private struct Ring {
    private var kept: [Slot] = []
    /// Where the oldest one is.
    private var oldest = 0

    /// What has this number or a later one, oldest first. Copied once: there may be thousands.
    func entries(from number: Int, looking: Bool) -> [Numbered] {
      let parts = [kept[oldest...], kept[..<oldest]].map { part in
        part[part.partitioningIndex { $0.number >= number }...]
      }
      var entries: [Numbered] = []
      entries.reserveCapacity(parts[0].count + parts[1].count)
      for part in parts { for slot in part { entries.append(slot.numbered(looking: looking)) } }
      return entries
    }

    var lastStep: StepResult? {
      for part in [kept[..<oldest], kept[oldest...]] {
        for slot in part.reversed() { if let step = slot.step { return step } }
      }
      return nil
    }

    /// Puts it in the place of the oldest when there are `capacity` of them.
    mutating func add(_ number: Int, _ operation: Operation, _ outcome: Outcome, _ rare: Rare?, capacity: Int) {
      guard kept.count == capacity else {
        return kept.append(Slot(number: number, operation: operation, outcome: outcome, rare: rare))
      }
      kept[oldest].become(number, operation, outcome, rare)
      oldest = oldest + 1 < capacity ? oldest + 1 : 0
    }
  }

  /// When the journal began; times are told from here.
  public let start: ContinuousClock.Instant
  private let capacity: Int
  /// Nil for the system's clock: read without a detour.
  private let clock: (@Sendable () -> Moment)?
  private let contents = Mutex(Contents())
  /// Called with every entry on the thread that made it; for the trace.
  private let onEntry: (@Sendable (Entry) -> Void)?

  /// What the entries are timed with.
  public var now: ContinuousClock.Instant { moment.instant }

  /// The same, to keep many of.
  public var moment: Moment { clock?() ?? .now }

  /// A journal of at most `capacity` entries of each kind (at least 1), timed with `clock`; the system's when it is nil.
  public init(
    capacity: Int = 4096, clock: (@Sendable () -> ContinuousClock.Instant)? = nil,
    onEntry: (@Sendable (Entry) -> Void)? = nil
  ) {
    self.capacity = max(1, capacity)
    if let clock { self.clock = { Moment(clock()) } } else { self.clock = nil }
    start = (self.clock?() ?? .now).instant
    self.onEntry = onEntry
  }

  /// The call that is being waited for, from any thread; nil when there is none.
  public var open: Open? {
    contents.withLock { contents in
      guard contents.isOpen, let begun = contents.begun else { return nil }
      return Open(operation: begun.operation, step: contents.step, start: begun.start)
    }
  }

  /// The state that was read last; nil when none was.
  public var lastState: State? { contents.withLock { $0.lastState } }

  /// A call begins.
  public func begin(_ operation: Operation, at start: Moment) {
    contents.withLock { contents in
      contents.begun = (operation, start)
      contents.isOpen = true
    }
  }

  /// A step begins.
  func begin(_ request: Request) { contents.withLock { $0.step = request } }

  /// The device was found in this state.
  func saw(_ state: State) { contents.withLock { $0.lastState = state } }

  /// Takes one access.
  public func record(_ access: Access) { record(access.operation, access.outcome, access.failure) }

  /// Takes one access in its parts.
  public func record(_ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?) {
    let looking = contents.withLock { contents in
      contents.isOpen = false
      contents.add(operation, outcome, failure.map(Rare.failure), capacity: capacity)
      return contents.isLooking
    }
    if let onEntry { onEntry(.access(Access(operation, outcome, failure), looking: looking)) }
  }

  /// Takes one step.
  public func record(_ step: StepResult) {
    contents.withLock { contents in
      contents.step = nil
      contents.add(.reset, Outcome(begun: .now), .step(step), capacity: capacity)
    }
    onEntry?(.step(step))
  }

  /// Marks the accesses that `body` makes as made for looking.
  func looking<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    contents.withLock { $0.isLooking = true }
    defer { contents.withLock { $0.isLooking = false } }
    return try body()
  }

  /// What is still there from this number on, oldest first; without what was only looked at unless that is wanted.
  public func entries(from number: Int = 0, withLooks: Bool = true) -> [Numbered] {
    let (done, looks) = contents.withLock {
      ($0.done.entries(from: number, looking: false), withLooks ? $0.looks.entries(from: number, looking: true) : [])
    }
    return looks.isEmpty ? done : (done + looks).sorted { $0.number < $1.number }
  }

  /// How many entries there have been: the next one has this number.
  public var count: Int { contents.withLock { $0.count } }

  /// The last step that is still there.
  public var lastStep: StepResult? {
    contents.withLock { $0.done.lastStep }
  }
}

extension ArraySlice {
  /// Where the elements begin for which `isBehind` holds; it holds for all that follow one of them.
  fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
