import Migration

/// What became of one step.
public struct ScenarioOutcome: Sendable, Equatable {
  /// The step's number in the scenario, from 0.
  public let step: Int
  /// Which time it was, from 1, for a step that is repeated.
  public let round: Int?
  /// What was seen, in words.
  public let seen: String
  /// Why it is not what was expected; nil when it is.
  public let failure: String?
  /// The state of the device afterwards, read back; nil when it could not be read.
  public let state: State?
  /// How long it took.
  public let duration: Duration

  /// Whether all was as expected.
  public var isMet: Bool { failure == nil }
}

/// How a play ended.
public enum ScenarioEnding: Sendable, Equatable {
  /// Every step came out as expected.
  case played
  /// It could not go on; the words say why, and where.
  case failed(String)
  /// The user has given up.
  case cancelled
}
