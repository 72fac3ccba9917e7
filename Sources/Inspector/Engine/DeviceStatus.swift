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
  /// What is being done now.
  public var work: Work?

  /// A device that is being opened.
  public init() {}

  /// The facts, once it is open.
  public var facts: Facts? {
    if case .open(let facts) = phase { facts } else { nil }
  }
}
