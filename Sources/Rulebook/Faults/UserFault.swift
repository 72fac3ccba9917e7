import Migration

/// Something that who uses a device can do wrong, done on purpose, to see what the device makes of it.
public struct UserFault: Sendable {
  /// Its name, such as `cut-stream`.
  public let name: String
  /// What is done, in a sentence.
  public let what: String
  /// What a device that keeps the protocol makes of it, in a sentence.
  public let expected: String
  /// The worst it may do to the device.
  public let harm: Rule.Harm
  /// How it is done, by protocol: a check a rule that it touches.
  let checks: @Sendable (Rule.Rules) -> [Check]

  /// Whether it can be done to a device of this protocol.
  public func applies(to rules: Rule.Rules) -> Bool { !checks(rules).isEmpty }

  /// The names of the rules that it touches in a protocol.
  public func rules(in rules: Rule.Rules) -> [String] { checks(rules).map(\.rule) }

  /// All there are.
  public static let all: [UserFault] =
    wrongAccesses + wrongStates + brokenSessions + [closedDataFD, closedDevice] + damagedStreams + logging

  /// A fault that the checks of these rules make.
  init(_ name: String, _ harm: Rule.Harm, what: String, expected: String, rules: String...) {
    self.init(name, harm, what: what, expected: expected) { protocolIs in
      rules.filter { $0.hasPrefix(protocolIs.prefix) }.compactMap { Checks.all[$0] }
    }
  }

  init(
    _ name: String, _ harm: Rule.Harm, what: String, expected: String,
    checks: @escaping @Sendable (Rule.Rules) -> [Check]
  ) {
    (self.name, self.harm, self.what, self.expected, self.checks) = (name, harm, what, expected, checks)
  }
}

extension UserFault: Equatable {
  /// By their names.
  public static func == (left: UserFault, right: UserFault) -> Bool { left.name == right.name }
}

extension MigrationProtocol {
  /// The rules that it has.
  public var rules: Rule.Rules { self == .v1 ? .v1 : .v2 }
}

extension Rule.Rules {
  /// What the names of its rules begin with.
  fileprivate var prefix: String {
    switch self {
    case .v1: "V1-"
    case .v2: "V2-"
    case .vfioUser: "VU-"
    }
  }
}

extension UserFault {
  static let wrongAccesses = [
    UserFault(
      "wrong-width", .crash, what: "Reads registers with widths that they don't have.",
      expected: "It refuses, and writes nothing beyond the buffer.", rules: "V1-ACC-02"),
    UserFault(
      "misaligned", .none, what: "Reads registers at places where none begins.", expected: "It refuses.",
      rules: "V1-ACC-04"),
    UserFault(
      "write-read-only", .perturb, what: "Writes pending_bytes and data_offset, which are read only.",
      expected: "It refuses and keeps their values.", rules: "V1-ACC-06", "V1-ACC-07"),
    UserFault(
      "write-data-size", .perturb, what: "Writes data_size though the device does not resume.",
      expected: "It refuses, or takes no notice.", rules: "V1-ACC-08"),
  ]

  static let wrongStates = [
    UserFault(
      "invalid-state", .perturb, what: "Asks for numbers that are no states.",
      expected: "It refuses and keeps its state.", rules: "V1-STATE-04", "V2-STATE-03"),
    UserFault(
      "ask-for-error", .crash, what: "Asks for the error state, which a device shows and a user never asks for.",
      expected: "It refuses and keeps its state.", rules: "V1-STATE-05", "V2-STATE-04"),
    UserFault(
      "reserved-bits", .crash, what: "Sets a reserved bit of device_state.",
      expected: "It refuses, or takes no notice of the bit.", rules: "V1-STATE-03"),
    UserFault(
      "several-bits", .lose, what: "Changes several bits of device_state with one write.",
      expected: "It makes the changes that the document draws; the others it may refuse.", rules: "V1-STATE-22"),
    UserFault(
      "repeat-request", .perturb, what: "Asks for the state that the device is in already.",
      expected: "It says that this is done, and changes nothing.", rules: "V1-STATE-18", "V2-STATE-06"),
    UserFault(
      "back-to-pre-copy", .perturb, what: "Asks a device in stop-copy for pre-copy.",
      expected: "It refuses, and its data session goes on.", rules: "V2-ARC-20"),
    UserFault(
      "missing-state", .none, what: "Asks for states that the device's flags do not cover.", expected: "It refuses.",
      rules: "V2-STATE-05"),
  ]

  static let brokenSessions = [
    skippedSteps,
    UserFault(
      "stop-half-way", .perturb, what: "Goes from pre-copy to stop-copy with data left.",
      expected: "It goes along, and gives the rest.", rules: "V1-STATE-09", "V2-ARC-11"),
    UserFault(
      "reset-in-session", .lose, what: "Resets the device in the middle of its data.",
      expected: "It runs again, and the data session is gone.", rules: "V1-RST-02", "V2-RST-02"),
    UserFault(
      "use-after-end", .perturb, what: "Reads and writes the data fd when its session has ended.",
      expected: "It answers with an error.", rules: "V2-FD-10"),
    UserFault(
      "wrong-direction", .lose, what: "Writes to a data fd that gives data, and reads from one that takes them.",
      expected: "It answers EBADF.", rules: "V2-FD-03"),
    UserFault(
      "write-error-away", .lose, what: "Asks a device in its error state for running.",
      expected: "It refuses: only a reset leaves the error state.", rules: "V1-ERR-05"),
  ]

  static let logging = [
    UserFault(
      "logging-arguments", .perturb,
      what: "Starts and asks dirty page logging with wrong ranges, page sizes and bitmaps, twice, and not started.",
      expected: "It refuses each, and logs as before.", rules: "V1-DIRTY-03", "V1-DIRTY-04", "V1-DIRTY-06",
      "V1-DIRTY-07",
      "V1-DIRTY-08", "V1-DIRTY-09", "V2-LOG-02", "V2-LOG-03", "V2-LOG-04", "V2-LOG-05", "V2-LOG-06", "V2-LOG-08")
  ]
}
