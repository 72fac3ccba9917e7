import Glibc
import VFIO

/// Moves chunks of one or more devices inside the bounds, and keeps count.
struct Pump {
  private let limits: TransferLimits
  private let observer: TransferObserver
  private let clock: () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private var phaseStart: ContinuousClock.Instant
  private var lastData: ContinuousClock.Instant
  private var lastReport: ContinuousClock.Instant
  private var convergence: Convergence
  /// The time in which data moved.
  private var busy = Duration.zero
  /// What was left when the devices were last asked.
  private var left = Estimate()
  private(set) var report = TransferReport()

  /// Figures are given out this often.
  private static let pace = Duration.milliseconds(100)

  init(_ options: TransferOptions, _ observer: TransferObserver, clock: @escaping () -> ContinuousClock.Instant) {
    limits = options.limits
    self.observer = observer
    self.clock = clock
    let now = clock()
    (start, phaseStart, lastData, lastReport) = (now, now, now, now)
    convergence = Convergence(target: options.downtimeTarget)
  }

  /// A phase begins: the device that gives its data has reached this state.
  mutating func begin(_ state: State) {
    endPhase()
    (phaseStart, lastData) = (clock(), clock())
    report.phases.append(TransferReport.Phase(state: state.name))
  }

  /// The phase is over.
  mutating func endPhase() {
    guard !report.phases.isEmpty else { return }
    report.phases[report.phases.count - 1].duration = phaseStart.duration(to: clock())
  }

  /// Moves one piece. Throws when a bound is reached or the user has given up.
  mutating func move(
    from reader: any ChunkReader, in state: State, _ take: (RawSpan) throws(TransferFault) -> Void
  ) throws(TransferFault) -> Piece {
    if observer.isCancelled() { throw .cancelled }
    let stopped = !state.isRunning
    let asked = clock()
    let piece = try reader.next(stopped: stopped, take)
    let now = clock()
    if case .chunk(let count) = piece {
      lastData = now
      busy += asked.duration(to: now)
      report.phases[report.phases.count - 1].bytes += UInt64(count)
      report.phases[report.phases.count - 1].chunks += 1
    }
    // The device may need a moment; asking at once again would only keep it from its work.
    if piece == .nothingNow { usleep(1000) }
    try checkBounds(now, stopped: stopped, ended: piece == .end)
    return piece
  }

  private func checkBounds(
    _ now: ContinuousClock.Instant, stopped: Bool, ended: Bool
  ) throws(TransferFault) {
    if ended { return }
    if report.bytes > limits.bytes { throw .bound("more than \(limits.bytes) bytes and no end (--max-bytes)") }
    if start.duration(to: now) > limits.time { throw .bound("no end after \(limits.time) (--max-time)") }
    if stopped && lastData.duration(to: now) > limits.stall {
      throw .bound("no data for \(limits.stall) from a stopped device that has not said that it is done")
    }
  }

  /// Whether pre-copy has lasted as long as it may.
  var isPreCopyOver: Bool { phaseStart.duration(to: clock()) > limits.preCopyTime }

  /// How long nothing has come.
  var idle: Duration { lastData.duration(to: clock()) }

  /// Takes what the devices say is left, gives the figures out now and then, and says what pre-copy comes to.
  mutating func judge(_ state: State, estimate: () throws(TransferFault) -> Estimate) throws(TransferFault) {
    let now = clock()
    guard lastReport.duration(to: now) >= Self.pace else { return }
    lastReport = now
    note(try estimate(), at: now)
    // What pre-copy came to was decided when the device was stopped.
    if state.isRunning { report.verdict = convergence.verdict }
    observer.progress(
      TransferProgress(
        state: state, bytes: report.bytes, elapsed: start.duration(to: now), rate: convergence.rate, estimate: left,
        verdict: report.verdict, estimatedDowntime: convergence.estimatedDowntime, reinits: report.reinits))
  }

  private mutating func note(_ estimate: Estimate, at now: ContinuousClock.Instant) {
    if estimate.beginsAnew(after: left) {
      report.reinits += 1
      convergence.beginAnew()
    }
    left = estimate
    report.phases[report.phases.count - 1].left = left
    if let remaining = left.remaining {
      convergence.note(moved: report.bytes, in: busy, remaining: remaining, at: now)
    }
  }

  /// Whether the devices can be stopped now. A destination needs the initial data before the rest is of use to it, so
  /// none is stopped while some of it is left (linux/vfio.h recommends it).
  var isTargetMet: Bool { report.verdict == .targetMet && (left.initial ?? 0) == 0 }

  /// Something the operation knows better.
  mutating func note(_ body: (inout TransferReport) -> Void) { body(&report) }

  /// The present moment.
  var now: ContinuousClock.Instant { clock() }
}
