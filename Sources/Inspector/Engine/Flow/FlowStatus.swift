import Migration

/// What is known of a flow, for a view to draw: values only.
struct FlowStatus: Sendable {
  /// One phase of the device that gives its data, or takes it from a file.
  struct Phase: Sendable, Equatable {
    let state: String
    var bytes: UInt64
    /// Known once the transfer has ended.
    var chunks: UInt64?
    var duration: Duration
  }

  /// How it ended.
  enum Ending: Sendable {
    /// The devices were asked: the report says whether all data was moved.
    case report(TransferReport)
    /// Nothing was asked of the devices; one line.
    case refused(String)
  }

  /// The last figures.
  private(set) var progress: TransferProgress?
  /// All figures, thinned out.
  private(set) var samples = FlowSamples()
  /// The phases so far, the last one still going on.
  private(set) var phases: [Phase] = []
  /// When the source was seen stopped.
  private(set) var stopped: Duration?
  /// When something was last heard of it.
  private(set) var lastNews: ContinuousClock.Instant
  /// Where the device was left that has given all its data, while its file is not complete yet.
  private(set) var left: State?
  /// Bytes of the file whose digest is still to be made; nil until the device has given all and goes on.
  private(set) var digestLeft: UInt64?
  /// How it ended; nil while it goes on.
  private(set) var ending: Ending?
  /// The SHA-256 of the data, in hexadecimal.
  private(set) var sha256: String?
  /// The user has given up.
  var isCancelled = false
  /// Something may have been asked of the devices.
  var isAsking = false
  private var phaseStart = Duration.zero

  init(begun: ContinuousClock.Instant) {
    lastNews = begun
  }

  /// Takes the figures of one moment.
  mutating func note(_ progress: TransferProgress, at now: ContinuousClock.Instant) {
    let last = self.progress
    if phases.last?.state != progress.state.name {
      phaseStart = last?.elapsed ?? .zero
      phases.append(Phase(state: progress.state.name, bytes: 0, chunks: nil, duration: .zero))
      if !progress.state.isRunning && !phases.dropLast().isEmpty { stopped = progress.elapsed }
    }
    phases[phases.count - 1].bytes = progress.phaseBytes
    phases[phases.count - 1].duration = progress.elapsed - phaseStart
    self.progress = progress
    lastNews = now
    if progress.reinits > last?.reinits ?? 0 { samples.note(reinit: progress.elapsed) }
    let seconds = progress.elapsed / .seconds(1)
    let average = seconds > 0 ? Double(progress.bytes) / seconds : 0
    samples.add(
      FlowSamples.Sample(
        time: progress.elapsed, estimate: progress.estimate, rate: progress.rate > 0 ? progress.rate : average,
        bytes: progress.bytes))
  }

  /// The device has done its part, and was left so.
  mutating func note(left: State, at now: ContinuousClock.Instant) {
    (self.left, lastNews) = (left, now)
  }

  /// The file is not complete yet.
  mutating func note(digestLeft: UInt64, at now: ContinuousClock.Instant) {
    (self.digestLeft, lastNews) = (digestLeft, now)
  }

  /// It is over.
  mutating func end(_ ending: Ending, sha256: String? = nil) {
    self.ending = ending
    self.sha256 = sha256
    guard case .report(let report) = ending else { return }
    phases = report.phases.map { Phase(state: $0.state, bytes: $0.bytes, chunks: $0.chunks, duration: $0.duration) }
    // A stop-copy may be over before its first figures.
    if stopped == nil, report.phases.count > 1 { stopped = report.phases.dropLast().reduce(.zero) { $0 + $1.duration } }
  }

  /// What it came to, when the devices were asked.
  var report: TransferReport? {
    if case .report(let report) = ending { report } else { nil }
  }

  /// Whether all data was moved.
  var isDone: Bool { report.map(\.isWhole) ?? false }

  /// Whether nothing was asked of the devices, and nothing ever will be.
  var isUntouched: Bool { isCancelled && !isAsking }

  /// Bytes moved so far.
  var bytes: UInt64 { report?.bytes ?? progress?.bytes ?? 0 }
}
