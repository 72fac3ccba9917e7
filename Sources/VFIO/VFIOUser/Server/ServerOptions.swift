/// How a device is served.
public struct ServerOptions: Sendable, Equatable {
  /// The generation of vfio-user that is spoken.
  public enum Generation: String, Sendable, CaseIterable {
    /// 0.1: the migration region and DIRTY_PAGES (the document's 0.9.1).
    case first = "0.1"
    /// 0.2: device features, MIG_DATA_READ and MIG_DATA_WRITE (0.9.2).
    case second = "0.2"

    /// What VERSION says.
    var minor: UInt16 { self == .first ? 1 : 2 }
  }

  /// The generation.
  public var generation = Generation.second
  /// Whether the next client is taken when one has left.
  public var keepsServing = false
  /// Whether the device is reset when a client leaves; else it stays as it was left.
  public var resetsOnDisconnect = false

  /// The usual ones.
  public init() {}
}
