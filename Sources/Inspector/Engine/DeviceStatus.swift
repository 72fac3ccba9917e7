import Migration
import VFIO

/// What is known of an opened device, for a view to draw: values only, taken in one piece from the device's handle.
public struct DeviceStatus: Sendable {
  /// How far the device is.
  public enum Phase: Sendable, Equatable {
    /// Being opened.
    case opening
    /// Could not be opened; one line.
    case failed(String)
    /// Opened, but it has no migration; this is how it answered.
    case withoutMigration(Errno)
    /// Opened, with this migration.
    case open(Facts)
    /// Let go of, so that somebody else can open it.
    case closed
  }

  /// What does not change while the device is open.
  public struct Facts: Sendable, Equatable {
    /// The way to the device: `cdev`, `group` or `simulator`.
    public let way: String
    /// The protocol.
    public let `protocol`: MigrationProtocol
    /// The optional parts it says it has.
    public let flags: [String]
    /// The states it has.
    public let states: [State]
    /// The arcs between them.
    public let arcs: [Arc]
    /// Whether it says that it can be reset.
    public let saysReset: Bool
  }

  /// Something that is being done and has not been answered yet.
  public struct Work: Sendable, Equatable {
    /// What, such as `step to stop-copy`.
    public let name: String
    /// Since when.
    public let since: ContinuousClock.Instant
  }

  /// How far the device is.
  public var phase = Phase.opening
  /// The last look at it.
  public var observation: MigrationSession.Observation?
  /// What each state would take from the state last seen.
  public var plans: [StepPlan] = []
  /// Since when the device has been in that state, as far as was seen.
  public var stateSince: ContinuousClock.Instant?
  /// Why the last look failed; nil when it did not.
  public var lookFailure: String?
  /// The last change that was asked for.
  public var lastStep: StepResult?
  /// What the last action other than a step came to, when it failed.
  public var actionFailure: String?
  /// What it is; nil until that has been read, which is done when data are to be moved.
  var model: DeviceModel?
  /// What is known of the pages it writes; nil while that is not watched.
  public var dirty: DirtyStatus?
  /// Why that can't be watched; nil when it was not tried, or can.
  public var dirtyFailure: String?
  /// What is known of the rules it keeps; nil when none were checked.
  public var rules: RulesStatus?
  /// What is known of the last fault that a user has made; nil when none was.
  public var fault: FaultStatus?
  /// The faults of the device that are on, by the words that `DeviceFault` knows; nil when it has no switches for them.
  public var faults: [String]?
  /// What is being done now.
  public var work: Work?
  /// Since when a look has been under way; nil between looks.
  public var lookingSince: ContinuousClock.Instant?

  /// A device that is being opened.
  public init(work: Work? = nil) {
    self.work = work
  }

  /// The facts, once it is open.
  public var facts: Facts? {
    if case .open(let facts) = phase { facts } else { nil }
  }
}

extension DeviceStatus {
  /// How long an answer may take before what was seen earlier counts as old.
  private static let patience = Duration.seconds(1)

  /// What the device has not answered at this moment: something that is being done, or a look that takes long.
  public func busy(at now: ContinuousClock.Instant) -> Work? { work ?? overdueLook(at: now) }

  /// A look that has been under way for more than a second.
  public func overdueLook(at now: ContinuousClock.Instant) -> Work? {
    guard let since = lookingSince, since.duration(to: now) > Self.patience else { return nil }
    return Work(name: "look", since: since)
  }

  /// Whether the device may no longer be as it was last seen: it does not answer, or the last look failed.
  public func isStale(at now: ContinuousClock.Instant) -> Bool {
    if lookFailure != nil { return true }
    return busy(at: now).map { $0.since.duration(to: now) > Self.patience } ?? false
  }

  /// The values last seen, with those that were live then as last seen when they are old now.
  public func fields(at now: ContinuousClock.Instant) -> [Field] {
    guard let observation else { return [] }
    guard isStale(at: now) else { return observation.fields }
    return observation.fields.map { field in
      guard field.liveness == .live else { return field }
      return Field(field.name, field.value, field.unit, .lastSeen(observation.time))
    }
  }
}
