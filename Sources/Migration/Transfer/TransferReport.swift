/// What a transfer came to.
public struct TransferReport: Sendable, Equatable {
  /// One phase of the device that gave its data.
  public struct Phase: Sendable, Equatable {
    /// Its state.
    public let state: String
    /// Bytes that were moved in it.
    public internal(set) var bytes: UInt64 = 0
    /// Chunks that were moved in it.
    public internal(set) var chunks: UInt64 = 0
    /// How long it lasted.
    public internal(set) var duration = Duration.zero
    /// What was left when the devices were last asked in it; nil when they were not.
    public internal(set) var left: Estimate?
    /// Bytes a second.
    public var rate: Double { TransferReport.rate(of: bytes, in: duration) }

    mutating func add(_ bytes: Int) {
      self.bytes += UInt64(bytes)
      chunks += 1
    }
  }

  /// The phases, in their order.
  public internal(set) var phases: [Phase] = []
  /// How long the devices were to be stopped at most.
  public internal(set) var downtimeTarget = Duration.zero
  /// From the request that stopped the source until the destination ran, or its data had all been read.
  public internal(set) var downtime: Duration?
  /// What pre-copy came to.
  public internal(set) var verdict = Convergence.Verdict.unknown
  /// Why pre-copy ended; nil when there was none, or when it did not come to its end.
  public internal(set) var preCopyEnd: PreCopyEnd?
  /// The device that the fault is about, by its place in `states`; nil when it is about none, or there is no fault.
  public internal(set) var faulty: Int?
  /// How often a device was seen to begin anew with its initial data (`VFIO_PRECOPY_INFO_REINIT`).
  public internal(set) var reinits = 0
  /// The SHA-256 of what went from each source to its destination, 64 hexadecimal digits; empty when none was made.
  public internal(set) var digests: [String] = []
  /// The states the devices were left in, by their names; read back.
  public internal(set) var states: [FinalState] = []
  /// Why it ended before its end; nil when it did not. Whoever keeps the data may have more to say.
  public var fault: TransferFault?

  /// Why pre-copy ended.
  public enum PreCopyEnd: String, Sendable, CaseIterable {
    /// What is left would take no longer than the target.
    case target
    /// It had lasted as long as it may.
    case time
    /// The devices had given nothing for a while.
    case silence
  }

  /// Where a device was left.
  public struct FinalState: Sendable, Equatable {
    /// `source`, `destination`, or `device`.
    public let role: String
    /// The state, or nil when it could not be read.
    public let state: State?
    /// What was asked for to undo what had begun: a reset, with which what the device held is lost, or the state that it
    /// had before; nil when nothing was.
    public var undoing: StepResult?

    /// The reset among them.
    public var reset: StepResult? { undoing?.requested == .reset ? undoing : nil }
    /// That a reset has not helped, and what to do; nil when it has, or there was none.
    public var uselessReset: (what: String, advice: String)? {
      guard let reset, !reset.isDone else { return nil }
      return reset.failure == nil && reset.withheld == nil
        ? ("reported its reset as done, which did not help", "it is not to be used like that")
        : ("could not be reset (\(reset.outcome))", "reset it before it is used")
    }
    /// The way back to the state before, when it was not found.
    public var lostWay: StepResult? {
      guard let undoing, undoing.requested != .reset, !undoing.isDone else { return nil }
      return undoing
    }
  }

  /// Whether all data was moved, whatever became of the devices.
  public var isWhole: Bool {
    switch fault {
    case nil, .stranded?: true
    default: false
    }
  }

  /// Whether notably more came in the end than the devices had said in pre-copy: they estimate, and some count nothing
  /// then.
  public var isMoreThanSaid: Bool {
    guard let last = phases.last?.bytes, let said = phases.first?.left?.remaining else { return false }
    return last > said && last - said > said / 10
  }

  /// Bytes in all.
  public var bytes: UInt64 { phases.reduce(0) { $0 + $1.bytes } }
  /// Chunks in all.
  public var chunks: UInt64 { phases.reduce(0) { $0 + $1.chunks } }
  /// Time in all.
  public var duration: Duration { phases.reduce(.zero) { $0 + $1.duration } }
  /// Bytes a second.
  public var rate: Double { Self.rate(of: bytes, in: duration) }

  static func rate(of bytes: UInt64, in duration: Duration) -> Double {
    let seconds = duration / .seconds(1)
    return seconds > 0 ? Double(bytes) / seconds : 0
  }
}
