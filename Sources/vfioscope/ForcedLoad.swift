import Migration

/// What a device did with data that was known to be wrong.
struct ForcedLoad {
  /// What is wrong with the data, a line each; the first has its place in the file.
  let faults: [String]
  /// Where in the file the first fault is, in bytes; nil when it has no place.
  let offset: UInt64?

  /// What the device did.
  enum Outcome: String {
    case refusedAtWrite = "refused-at-write"
    case refusedAtChange = "refused-at-change"
    case accepted
    /// It came to no answer: it was interrupted, the device refused resuming itself, or the data were not given to it.
    case notAsked = "not-asked"
  }

  static func outcome(of report: TransferReport) -> Outcome {
    switch report.fault {
    case nil: .accepted
    case .device: .refusedAtWrite
    case .step(let result): result.from?.isResuming == true ? .refusedAtChange : .notAsked
    case .window, .stream, .bound, .cancelled, .stranded: .notAsked
    }
  }

  /// What is said before it is done.
  var warning: [String] {
    faults + [
      "It is loaded all the same, as far as it can be read, and then the device is asked to run: on an incomplete or",
      "altered stream. The device may refuse it, go to its error state, or run with damaged state. For tests only.",
    ]
  }

  /// What is said of it afterwards.
  func text(_ report: TransferReport) -> String {
    switch Self.outcome(of: report) {
    case .accepted: "by force: the device accepted the data and runs with it"
    case .refusedAtWrite: "by force: the device refused the data when it was written"
    case .refusedAtChange: "by force: the device refused the data when it was asked to run\(Self.then(report))"
    case .notAsked: "by force: it did not come to an answer of the device"
    }
  }

  /// The state in which the refusal left the device, before it was reset.
  private static func then(_ report: TransferReport) -> String {
    guard case .step(let result)? = report.fault, let reached = result.reached else { return "" }
    return ", and was in \(reached.name) then"
  }

  func json(_ report: TransferReport) -> JSON {
    .object([
      "faults": JSON(faults), "offset": JSON(offset), "device": .string(Self.outcome(of: report).rawValue),
    ])
  }
}
