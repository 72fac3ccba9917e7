/// How far a transfer may go. Every loop over a device's data ends at one of these, and says so.
public struct TransferLimits: Sendable, Equatable {
  /// Bytes in all.
  public var bytes: UInt64 = 1 << 40
  /// Time in all.
  public var time = Duration.seconds(3600)
  /// Time of pre-copy; then the device is stopped whether it converges or not.
  public var preCopyTime = Duration.seconds(60)
  /// Time without any data from stopped devices of which one has not said that it is done.
  public var stall = Duration.seconds(10)
  /// Time in which a pipe takes nothing of what a stopped device has given.
  public var fullPipe = Duration.seconds(30)

  /// The usual bounds.
  public init() {}
}

/// How a device's data is moved.
public struct TransferOptions: Sendable {
  /// Whether the device gives what it can while it still runs.
  public var preCopy = true
  /// Stop as soon as the rest would take no longer than this.
  public var downtimeTarget = Duration.milliseconds(300)
  /// How a v1 window is accessed.
  public var access = WindowAccess.auto
  /// Whether a migration makes a SHA-256 of what it moves. On a second thread; a device that is faster than that waits.
  public var digest = true
  /// The bounds.
  public var limits = TransferLimits()

  /// Pre-copy where the device has it, and the usual bounds.
  public init() {}
}

/// Who looks on while data is moved, and may end it.
public struct TransferObserver: Sendable {
  /// Takes the present figures; called a few times a second at most, between two chunks.
  public var progress: @Sendable (TransferProgress) -> Void
  /// Whether the user has given up.
  public var isCancelled: @Sendable () -> Bool
  /// Takes which pipe the transfer waits for, when it is for longer; called some times a second, on any thread.
  public var waiting: @Sendable (StreamWait.Standstill) -> Void
  /// Takes the fault that ends the transfer, and which device it is about, by its place in the report: what is undone
  /// then may take its time, or not come to its end.
  public var failed: @Sendable (TransferFault, _ device: Int?) -> Void
  /// Called when all of a save's data has been written; the device is only to go on then.
  public var saved: @Sendable () -> Void

  /// An observer.
  public init(
    progress: @escaping @Sendable (TransferProgress) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false },
    waiting: @escaping @Sendable (StreamWait.Standstill) -> Void = { _ in },
    failed: @escaping @Sendable (TransferFault, _ device: Int?) -> Void = { _, _ in },
    saved: @escaping @Sendable () -> Void = {}
  ) {
    self.progress = progress
    self.isCancelled = isCancelled
    self.waiting = waiting
    self.failed = failed
    self.saved = saved
  }
}

/// How far a transfer is, at one moment.
public struct TransferProgress: Sendable, Equatable {
  /// The state of the device that gives the data.
  public let state: State
  /// Bytes moved so far, all devices together.
  public let bytes: UInt64
  /// Those of the present phase.
  public let phaseBytes: UInt64
  /// Since the transfer began.
  public let elapsed: Duration
  /// Bytes a second, of late.
  public let rate: Double
  /// What the devices say is left, all together.
  public let estimate: Estimate
  /// Whether pre-copy gets anywhere.
  public let verdict: Convergence.Verdict
  /// How long what is left would take at the speed of the data so far; nil when that is not known.
  public let estimatedDowntime: Duration?
  /// How often a device was seen to begin anew with its initial data (`VFIO_PRECOPY_INFO_REINIT`).
  public var reinits = 0
  /// How long pre-copy may still last; nil when it is over, or there is none.
  public var preCopyLeft: Duration?

  /// Whether pre-copy ends before the target is met.
  public var isTooLate: Bool {
    if case .converging(let time) = verdict, let preCopyLeft { time > preCopyLeft } else { false }
  }
}
