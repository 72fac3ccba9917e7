import Glibc
import Synchronization
import VFIO

/// Moves chunks of one or more devices inside the bounds, and keeps count. Several threads may use it at the same time,
/// each for devices of its own.
final class Pump: Sendable {
  private struct Contents {
    var phaseStart: Moment
    /// When a device last answered.
    var latest: Moment
    var count: TransferCount
    /// The devices that give their data are stopped for it.
    var isStopped = false
    /// The last phase goes on.
    var isOpen = false

    mutating func endPhase(at now: Moment) {
      guard isOpen, let last = count.report.phases.indices.last else { return }
      isOpen = false
      count.report.phases[last].duration = phaseStart.duration(to: now)
    }
  }

  let limits: TransferLimits
  let observer: TransferObserver
  private let clock: @Sendable () -> Moment
  private let start: Moment
  /// When it has lasted as long as it may.
  let deadline: Moment
  /// Whether there is a fault; asked before every chunk.
  let hasFailed = Atomic(false)
  private let contents: Mutex<Contents>

  /// For so many devices that give their data.
  init(
    _ options: TransferOptions, _ observer: TransferObserver, devices: Int = 1,
    clock: @escaping @Sendable () -> Moment
  ) {
    limits = options.limits
    self.observer = observer
    self.clock = clock
    start = clock()
    // No later than a moment can be: so many years are as good as for ever.
    deadline = start + min(limits.time, .seconds(1 << 32))
    let count = TransferCount(devices: devices, target: options.downtimeTarget, now: start)
    contents = Mutex(Contents(phaseStart: start, latest: start, count: count))
  }

  /// The present moment.
  var now: Moment { clock() }

  /// The devices were stopped for so long.
  func note(downtime: Duration) { contents.withLock { $0.count.report.downtime = downtime } }

  /// What went through had these digests.
  func note(digests: [String]) { contents.withLock { $0.count.report.digests = digests } }

  /// It has failed: whoever still moves data ends too. The first fault counts.
  ///
  /// - Parameter device: which device it is about, by its place in the report.
  func fail(_ fault: TransferFault, of device: Int? = nil) {
    let isFirst = contents.withLock { contents in
      guard contents.count.report.fault == nil else { return false }
      (contents.count.report.fault, contents.count.report.faulty) = (fault, device)
      // With all data moved, their file is still to be ended.
      if !contents.count.report.isWhole { hasFailed.store(true, ordering: .relaxed) }
      return true
    }
    if isFirst { observer.failed(fault, device) }
  }

  /// A device that gives its data has reached this state; the first one to do so begins the phase.
  func begin(_ state: State, of device: Int = 0) {
    let now = clock()
    contents.withLock { contents in
      contents.count.begin(device, at: now)
      guard contents.count.report.phases.last?.state != state.name else { return }
      contents.isStopped = !state.isRunning
      contents.endPhase(at: now)
      (contents.phaseStart, contents.latest, contents.isOpen) = (now, now, true)
      contents.count.report.phases.append(TransferReport.Phase(state: state.name))
    }
  }

  /// Does something during which a device is not asked for data: that it gives none is not its silence.
  func without(_ device: Int = 0, _ body: () throws(TransferFault) -> Void) throws(TransferFault) {
    let start = clock()
    defer {
      let time = start.duration(to: clock())
      contents.withLock { $0.count.pass(time, of: device) }
    }
    try body()
  }

  /// The phase is over.
  func endPhase() {
    let now = clock()
    contents.withLock { contents in
      contents.endPhase(at: now)
      contents.isStopped = false
    }
  }

  /// All is over, and the devices were left in these states.
  func finish(in states: [TransferReport.FinalState]) -> TransferReport {
    contents.withLock { contents in
      contents.count.report.states = states
      // What was said to be left when the device was last asked has come since.
      if contents.count.report.isWhole { contents.count.forgetLeft() }
      return contents.count.report
    }
  }

  /// Whether the devices that give their data are stopped for it.
  var isStopped: Bool { contents.withLock { $0.isStopped } }

  /// What has gone wrong, if anything has.
  var fault: TransferFault? { contents.withLock { $0.count.report.fault } }

  /// Moves one piece. Throws when a bound is reached, the user has given up, or another device has failed.
  ///
  /// - Parameter device: which of those that give their data.
  func move(
    _ device: Int = 0, from reader: any ChunkReader, in state: State, _ take: PartTaker
  ) throws(TransferFault) -> Piece {
    if observer.isCancelled() || hasFailed.load(ordering: .relaxed) { throw ending(.cancelled) }
    let stopped = !state.isRunning
    // A look at the clock takes its time too. With devices that run the rate of the device alone is wanted, to tell whether
    // it keeps up with what it changes.
    let asked = stopped ? nil : clock()
    let piece = try reader.next(stopped: stopped, take)
    let now = clock()
    let (bytes, silence) = contents.withLock { contents in
      var silence = Duration.zero
      if case .chunk(let bytes) = piece {
        contents.count.add(bytes, of: device, in: (asked ?? contents.latest).nanoseconds(to: now), at: now)
      } else {
        contents.count.addNothing(of: device)
        silence = contents.count.silence(of: device, at: now)
      }
      contents.latest = now
      return (contents.count.moved, silence)
    }
    switch piece {
    case .chunk: break
    // The device may need a moment; asking at once again would only keep it from its work.
    case .nothingNow: usleep(1000)
    case .end: return piece
    }
    if bytes > limits.bytes { throw ending(.bound("more than \(limits.bytes) bytes and no end (--max-bytes)")) }
    if now > deadline { throw ending(.bound("no end after \(limits.time) (--max-time)")) }
    if stopped && silence > limits.stall {
      throw .bound("no data for \(limits.stall) from a stopped device that has not said that it is done")
    }
    return piece
  }

  /// In the middle of a long chunk: throws when the user has given up, it has lasted as long as it may, or another device
  /// has failed.
  func checkGoingOn() throws(TransferFault) {
    if observer.isCancelled() || hasFailed.load(ordering: .relaxed) { throw ending(.cancelled) }
    if now > deadline { throw ending(.bound("no end after \(limits.time) (--max-time)")) }
  }

  /// A fault that is no device's: told before whoever catches it says where it was.
  private func ending(_ fault: TransferFault) -> TransferFault {
    fail(fault)
    return fault
  }

  /// Why pre-copy is over, for all devices; nil while it goes on.
  var preCopyEnd: TransferReport.PreCopyEnd? {
    contents.withLock { contents in
      if contents.count.report.preCopyEnd == nil { contents.count.report.preCopyEnd = reason(contents) }
      return contents.count.report.preCopyEnd
    }
  }

  private func reason(_ contents: borrowing Contents) -> TransferReport.PreCopyEnd? {
    if contents.count.isTargetMet { return .target }
    if contents.phaseStart.duration(to: contents.latest) > limits.preCopyTime { return .time }
    // A device that has nothing now may have more in a moment; one that is silent for longer is as good as drained.
    guard contents.count.haveNothing else { return nil }
    return contents.count.silence(at: contents.latest) >= .milliseconds(200) ? .silence : nil
  }

  /// After a move: asks a device now and then what is left, and gives the figures out.
  func judge(_ device: Int, in state: State, _ reader: any ChunkReader) throws(TransferFault) {
    let due = contents.withLock { $0.count.isDue(device, at: $0.latest) ? $0.latest : nil }
    guard let now = due else { return }
    let left = try reader.estimate(stopped: !state.isRunning)
    let elapsed = start.duration(to: now)
    observer.progress(
      contents.withLock { contents in
        contents.count.note(left, of: device, running: state.isRunning, at: now)
        let spent = contents.phaseStart.duration(to: now)
        return contents.count.progress(
          in: state, elapsed: elapsed, preCopyLeft: state.isRunning ? max(.zero, limits.preCopyTime - spent) : nil)
      })
  }
}
