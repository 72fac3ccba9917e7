import Synchronization
import VFIO

/// The last accesses and steps of a device, oldest first, in bounded memory.
public final class Journal: AccessRecorder {
  /// One line of the journal.
  public enum Entry: Sendable, Equatable {
    case access(Access)
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
  }

  private let capacity: Int
  private let contents = Mutex(Contents())
  /// Called with every entry on the thread that made it; for the trace.
  private let onEntry: (@Sendable (Entry) -> Void)?

  /// A journal of at most `capacity` entries (at least 2).
  public init(capacity: Int = 4096, onEntry: (@Sendable (Entry) -> Void)? = nil) {
    self.capacity = max(2, capacity)
    self.onEntry = onEntry
  }

  /// Takes one access.
  public func record(_ access: Access) { add(.access(access)) }

  /// Takes one step.
  public func record(_ step: StepResult) { add(.step(step)) }

  /// The entries from this number on that are still there.
  public func entries(from number: Int = 0) -> [Numbered] {
    contents.withLock { contents in
      let skipped = min(max(0, number - contents.dropped), contents.entries.count)
      return contents.entries.dropFirst(skipped).enumerated().map {
        Numbered(number: contents.dropped + skipped + $0.offset, entry: $0.element)
      }
    }
  }

  private func add(_ entry: Entry) {
    contents.withLock { contents in
      if contents.entries.count == capacity {
        // Half at once, so that the cost of moving the rest is spread over many entries.
        contents.entries.removeFirst(capacity / 2)
        contents.dropped += capacity / 2
      }
      contents.entries.append(entry)
    }
    onEntry?(entry)
  }
}
