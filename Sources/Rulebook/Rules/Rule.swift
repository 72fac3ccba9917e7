/// One statement of the migration protocols: what it says, whom it binds, how much, and what it rests on.
public struct Rule: Sendable, Equatable {
  /// Such as `V1-SAVE-04`: the protocol, the topic, a number.
  public let id: String
  /// The protocol.
  public let `protocol`: Rules
  /// How much it binds.
  public let level: Level
  /// Whom it binds.
  public let binds: Bound
  /// Whether it rests on words that were never merged: then it is advice, and never failed.
  public let isProposed: Bool
  /// Whether it follows from its sources, which do not say it in these words.
  public let isDerived: Bool
  /// What checking it may do to a device.
  public let harm: Harm
  /// What it says.
  public let statement: String
  /// How it is checked.
  public let check: String
  /// Why it can't be checked from user space; nil when it can.
  public let untestable: String?
  /// What it rests on.
  public let sources: [Source]
  /// What implementations were seen to do, by their names.
  public let observed: [Observation]

  /// What one implementation was seen to do.
  public struct Observation: Sendable, Equatable {
    /// The implementation, such as `mlx5`.
    public let who: String
    /// What it does.
    public let what: String
  }

  /// Which rules: those of a migration protocol, or those of the socket.
  public enum Rules: String, Sendable, CaseIterable {
    case v1
    case v2
    case vfioUser = "vfio-user"
  }

  /// How much a rule binds (RFC 2119).
  public enum Level: String, Sendable, CaseIterable, Codable {
    case must
    case should
    case may
    /// The sources are silent, or contradict each other.
    case unclear
  }

  /// Whom a rule binds.
  public enum Bound: String, Sendable, Codable {
    case device, driver, user, both, kernel, iommu, server, client
  }

  /// What checking a rule may do to a device, from harmless to worst.
  public enum Harm: String, Sendable, CaseIterable, Comparable, Codable {
    /// Nothing.
    case none
    /// The device stops for a moment, or an open data session is disturbed; it runs again afterwards.
    case perturb
    /// The device loses its state: it is reset.
    case lose
    /// The device's driver, this program or the machine may crash.
    case crash

    /// In the order above.
    public static func < (left: Harm, right: Harm) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// What stands between the protocol and the number, such as `SAVE`.
  public var topic: String { id.split(separator: "-").dropFirst().dropLast().joined(separator: "-") }

  /// How much it binds, for people, with what weakens it: `MUST`, `MUST, proposed and never merged`.
  public var levelWords: String {
    level.rawValue.uppercased() + (isProposed ? ", proposed and never merged" : "")
      + (isDerived ? ", follows from its sources" : "")
  }

  /// Whether it binds who uses a device: this program has to keep it itself.
  public var bindsUser: Bool { binds == .user || binds == .client }
}

/// What a rule rests on.
public struct Source: Sendable, Equatable {
  /// A short word for it.
  public let key: String
  /// Its name.
  public let name: String
  /// What it is.
  public let kind: Kind

  /// What a source is.
  public enum Kind: String, Sendable, Codable {
    case header, code, specification, discussion, proposal
  }
}
