import Rulebook

/// What is known of a fault that a user makes: what was seen so far.
public struct FaultStatus: Sendable {
  /// The fault.
  public let fault: UserFault
  /// A finding for each rule that it touches.
  public private(set) var findings: [Finding] = []
  /// How it ended; nil as long as it goes on.
  public private(set) var ending: CheckRun.Ending?
  /// Whether the user has given up; the check that is being made comes to its end.
  public internal(set) var isCancelled = false
  /// The state that was read back at its end; nil when it could not be read.
  public private(set) var finalState: String?

  /// A fault that begins to be made.
  init(_ fault: UserFault) { self.fault = fault }

  /// Whether it is still being made.
  public var isRunning: Bool { ending == nil }

  /// Takes a finding.
  mutating func take(_ finding: Finding) { findings.append(finding) }

  /// It is over.
  mutating func end(_ ending: CheckRun.Ending, in state: String?) {
    self.ending = ending
    finalState = state
  }
}
