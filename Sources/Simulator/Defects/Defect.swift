import VFIO

/// A way in which a simulated device breaks one rule on purpose, named by the rule: `defect=V1-SAVE-04`.
public struct Defect: Sendable {
  /// The rule that is broken.
  public let rule: String
  /// Rules that can't be kept when this one is broken.
  public let alsoBreaks: [String]
  /// What a device must be to break it, as in its address: `flags`: `5`. Holds where the address does not say otherwise.
  public let settings: [String: String]
  /// What stands between the device and its user. Made anew for each device, because it may remember what was asked.
  let interference: @Sendable () -> Interference

  init(
    _ rule: String, alsoBreaks: [String] = [], with settings: [String: String] = [:],
    _ interference: @escaping @Sendable () -> Interference
  ) {
    self.rule = rule
    self.alsoBreaks = alsoBreaks
    self.settings = settings
    self.interference = interference
  }

  /// All there are, in the order of their rules.
  public static let all: [Defect] = v1 + v2 + VFIOUserDefects.all

  static let v1: [Defect] = v1States + v1Data
  static let v2: [Defect] = v2States + v2Data
  private static let v2States: [Defect] =
    V2DiscoveryDefects.all + V2StateDefects.all + V2TransitionDefects.all + V2ResetDefects.all
  private static let v2Data: [Defect] =
    V2DescriptorDefects.all + V2StreamDefects.all + V2PreCopyDefects.all + V2LoadingDefects.all + V2LoggingDefects.all

  /// The defects that a device of this protocol can have.
  static func named(_ rule: String, of protocol: MigrationProtocol) -> Defect? {
    let own = `protocol` == .v1 ? v1 + VFIOUserDefects.v1 : v2 + VFIOUserDefects.v2
    return (own + VFIOUserDefects.both).first { $0.rule == rule }
  }

  /// The reference profile that can break this rule, by its name; nil when there is no such defect.
  public static func profile(breaking rule: String) -> String? {
    [MigrationProtocol.v2, .v1].first { named(rule, of: $0) != nil }.map { "\($0.rawValue)-reference" }
  }
}
