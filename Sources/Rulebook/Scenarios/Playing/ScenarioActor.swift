import Migration

/// A device that plays a role, as long as it is lent to the scenario.
public struct ScenarioActor {
  /// Its session.
  public let session: MigrationSession
  /// What switches faults of the device on and off; nil when nothing can.
  public let faults: (any FaultSwitch)?

  /// An opened device.
  public init(_ session: MigrationSession, faults: (any FaultSwitch)? = nil) {
    (self.session, self.faults) = (session, faults)
  }
}

/// What can make a device do something wrong while it is in use.
public protocol FaultSwitch: AnyObject {
  /// The names of the faults it knows.
  var names: [String] { get }
  /// Switches the fault with this name on, or off again.
  func inject(_ name: String, isOn: Bool)
}
