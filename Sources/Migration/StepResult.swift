import VFIO

/// What is asked of a device's migration.
public enum Request: Sendable, Equatable {
  /// A state of the protocol.
  case state(State)
  /// A number as it is.
  case raw(UInt32)
  /// `VFIO_DEVICE_RESET`.
  case reset

  /// The word for it: the state's name, `raw 0x…`, or `reset`.
  public var name: String {
    switch self {
    case .state(let state): state.name
    case .raw(let number): "raw 0x" + String(number, radix: 16)
    case .reset: "reset"
    }
  }

  /// The state that a device is in when it has done what was asked.
  public func goal(in protocol: MigrationProtocol) -> State {
    switch (self, `protocol`) {
    case (.state(let state), _): state
    case (.raw(let number), .v1): .v1(V1State(rawValue: number))
    case (.raw(let number), .v2): .v2(V2State(rawValue: number))
    case (.reset, .v1): .v1(.running)
    case (.reset, .v2): .v2(.running)
    }
  }
}

/// A request and what became of it: the errno, and the state read back afterwards, which is never assumed.
public struct StepResult: Sendable, Equatable {
  /// What was asked.
  public let requested: Request
  /// The state before, read just then; nil when it could not be read.
  public let from: State?
  /// What the document says of the request; nil for a reset, and when the state before is not known.
  public let plan: StepPlan?
  /// Why nothing was asked of the device; nil when it was.
  public let withheld: String?
  /// Why the device refused, or nil.
  public let failure: DeviceError.Reason?
  /// The state read back afterwards; nil when it could not be read.
  public let reached: State?
  /// How long the device took for the request alone.
  public let duration: Duration

  /// A result with these values.
  public init(
    requested: Request, from: State?, plan: StepPlan?, withheld: String? = nil, failure: DeviceError.Reason?,
    reached: State?, duration: Duration
  ) {
    self.requested = requested
    self.from = from
    self.plan = plan
    self.withheld = withheld
    self.failure = failure
    self.reached = reached
    self.duration = duration
  }

  /// The states on the way, both ends included, as far as they are known.
  public var path: [State] {
    if let plan { return plan.path }
    guard let from else { return [] }
    let goal = requested.goal(in: from.protocol)
    return from == goal ? [from] : [from, goal]
  }

  /// The errno of a refusal.
  public var errno: Errno? { failure?.errno }

  /// What came of it, in a few words: `ok`, what the device answered, or that nothing was asked.
  public var outcome: String {
    if let withheld { return "not asked: \(withheld)" }
    return failure.map(\.description) ?? "ok"
  }

  /// Whether the device did what was asked.
  public var isDone: Bool { withheld == nil && failure == nil && brokenRule == nil && reached != nil }

  /// The rule of the protocol that the device broke in this step, in one line; nil when it kept them all.
  ///
  /// After success the state must be the one asked for. After a failure it must be the error state, the old one, or in
  /// v2 one on the way (linux/vfio.h).
  public var brokenRule: String? {
    guard let reached, withheld == nil else { return nil }
    let goal = requested.goal(in: reached.protocol)
    if failure == nil {
      guard !reached.isSame(as: goal) else { return nil }
      return "The device reported success, but the state read back is \(reached.name), not \(goal.name)."
    }
    guard let from, !reached.isError, !reached.isSame(as: from) else { return nil }
    if case .v2 = reached, path.contains(where: reached.isSame) { return nil }
    return "After the failure the device is in \(reached.name), where it must not be."
  }

  /// What the result means, and where the device is, a sentence each.
  public var explanation: [String] {
    withheld == nil ? meaning + [whereItIs].compactMap { $0 } : meaning
  }

  /// What the result means, a sentence each, without where the device is: it may be somewhere else by now.
  public var meaning: [String] {
    if let withheld { return ["Nothing was asked of the device: \(withheld)."] }
    var sentences: [String] = []
    if failure != nil, let plan { sentences.append(plan.standing.onFailure) }
    if failure != nil, from?.isResuming == true, errno == .EINVAL {
      sentences.append("A device refuses to leave RESUMING when its data is bad or incomplete.")
    }
    return sentences
  }

  /// Where the device is now, when that is not what was asked for.
  private var whereItIs: String? {
    guard let reached else { return "The state could not be read back: treat it as unknown." }
    if reached.isError { return "The device is in its error state; only a reset leaves it." }
    if let brokenRule { return brokenRule }
    guard failure != nil else { return nil }
    guard let from else { return "It is in \(reached.name)." }
    return reached.isSame(as: from)
      ? "The state is unchanged: \(reached.name)." : "It stopped on the way, in \(reached.name)."
  }
}

extension StepPlan.Standing {
  fileprivate var onFailure: String {
    switch self {
    case .allowed: "The document has this change; the device should make it."
    case .optional: "The document does not draw this change; a device may refuse it."
    case .refused(let why): "The document refuses it: \(why)."
    }
  }
}

extension State {
  /// Whether it is the same state; reserved bits of v1 are no part of it.
  public func isSame(as other: State) -> Bool {
    if case .v1(let left) = self, case .v1(let right) = other {
      left.withoutReservedBits == right.withoutReservedBits
    } else {
      self == other
    }
  }
}
