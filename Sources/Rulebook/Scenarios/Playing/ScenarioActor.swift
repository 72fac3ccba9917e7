import Migration
import VFIO

/// A device that plays a role, as long as it is lent to the scenario.
public struct ScenarioActor {
  /// Its session.
  public let session: MigrationSession
  /// What switches faults of the device on and off; nil when nothing can.
  public let faults: FaultSwitches?

  /// An opened device.
  public init(_ session: MigrationSession, faults: FaultSwitches? = nil) {
    (self.session, self.faults) = (session, faults)
  }
}
