/// All that a run of checks found out about one device.
public struct CheckReport: Sendable, Equatable {
  /// The device, by the name it was opened by.
  public var device: String
  /// The way to it: `cdev`, `group`, `vfio-user` or `simulator`.
  public var way: String
  /// The migration protocol.
  public var `protocol`: String
  /// What the device says it can, such as `pre-copy`.
  public var flags: [String]
  /// The worst that was allowed.
  public var permission: Rule.Harm
  /// The state it was found in; nil when it could not be read.
  public var foundState: String?
  /// The state it was left in; nil when it could not be read.
  public var finalState: String?
  /// How the run ended; nil as long as it goes on.
  public var ending: CheckRun.Ending?
  /// One for each rule.
  public var findings: [Finding] = []
  /// What the device went through.
  public var course = Course()
  /// How long the run took.
  public var duration = Duration.zero

  /// A run that begins.
  public init(
    device: String, way: String, protocol: String, flags: [String], permission: Rule.Harm, foundState: String?
  ) {
    self.device = device
    self.way = way
    self.protocol = `protocol`
    self.flags = flags
    self.permission = permission
    self.foundState = foundState
  }

  /// Ends the report of a run over these rules. They stand in it in this order, whatever the order of their checks was;
  /// those that were not looked at any more are told too.
  public mutating func end(_ ending: CheckRun.Ending, of rules: [Rule], in state: String?) {
    (self.ending, finalState) = (ending, state)
    findings = rules.map { rule in
      findings.first { $0.rule.id == rule.id } ?? Finding(notRun: rule, permission, ending)
    }
  }

  /// How many findings have this verdict.
  public func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }

  /// `61 passed, 2 failed, 1 warning, 12 recorded, 22 skipped`.
  public var summary: String {
    let warnings = count(.warn)
    return """
      \(count(.pass)) passed, \(count(.fail)) failed, \(warnings) \(warnings == 1 ? "warning" : "warnings"), \
      \(count(.info)) recorded, \(count(.skip)) skipped
      """
  }

  /// Why the run ended early; nil when it did not.
  public var trouble: String? {
    switch ending {
    case .complete, nil: nil
    case .lost(let why): why
    case .cancelled: "the run was given up"
    }
  }
}
