import Migration

/// How one rule is checked.
///
/// It begins with the device running and no data session open, as the bench has verified, and the bench brings the
/// device back there afterwards, as far as it is allowed to.
struct Check: Sendable {
  /// The rule's name.
  let rule: String
  /// Does it. Throws when it can't be tried here.
  let run: @Sendable (Bench) throws(Untried) -> Outcome

  init(_ rule: String, _ run: @escaping @Sendable (Bench) throws(Untried) -> Outcome) {
    self.rule = rule
    self.run = run
  }
}

/// What a check needs is not there.
struct Untried: Error {
  /// Why, in a sentence without its point.
  let why: String

  init(_ why: String) { self.why = why }
}

/// All checks there are, by their rules.
enum Checks {
  static let all: [String: Check] = Dictionary(uniqueKeysWithValues: (v1 + v2 + vfioUser).map { ($0.rule, $0) })

  private static let v1 = v1States + v1Data
  private static let v2 = v2States + v2Data
  private static let vfioUser: [Check] = Conversation.checks + SocketMemory.checks + SocketMigration.checks
  private static let v2States: [Check] =
    V2Discovery.checks + V2States.checks + V2Transitions.checks + V2Stopped.checks + V2Reset.checks + V2Debugfs.checks
    + V2Users.checks
  private static let v2Data: [Check] =
    V2Descriptor.checks + V2Stream.checks + V2PreCopy.checks + V2Loading.checks + V2DataSize.checks + V2Logging.checks
}
