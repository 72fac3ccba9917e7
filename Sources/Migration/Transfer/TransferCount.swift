import VFIO

/// What has been moved, what the devices say is left, and what follows from both.
struct TransferCount {
  /// A device that gives its data.
  private struct Source {
    /// When it may be asked again.
    var due: Moment
    var left = Estimate()
    /// Whether it had data when it was last asked. One that has not answered yet may have some.
    var hadData = true
    /// When it last gave some, or could first have done so.
    var lastData: Moment
    var bytes: UInt64 = 0
    /// The time in which they were moved, in nanoseconds.
    var busy: Int64 = 0

    mutating func add(_ bytes: Int, in nanoseconds: Int64, at now: Moment) {
      (hadData, lastData) = (true, now)
      self.bytes += UInt64(bytes)
      busy += nanoseconds
    }

    /// How long it would take to move what is left, in seconds; nil when its speed is not known.
    var secondsLeft: Double? {
      guard let left = left.remaining, left > 0 else { return 0 }
      return bytes > 0 && busy > 0 ? Double(left) * Double(busy) / 1e9 / Double(bytes) : nil
    }
  }

  /// Devices are asked this often, at most.
  private static let pace = Duration.milliseconds(100)

  var report = TransferReport()
  /// Bytes in all, which the report adds up at every look.
  private(set) var moved: UInt64 = 0
  private var sources: [Source]
  private var convergence: Convergence
  /// When how much had been moved, of late. Not every device says what is left, by which convergence is judged.
  private var recent: [(time: Moment, moved: UInt64)]
  /// When devices began anew with their initial data, of late.
  private var beginnings: [Moment] = []
  /// So often in so long is no preparation for the end any more.
  private static let (fewBeginnings, patience) = (3, Duration.seconds(6))
  /// The rate is told over so long.
  private static let memory = Duration.seconds(2)

  /// For so many devices, from now on.
  init(devices: Int, target: Duration, now: Moment) {
    sources = [Source](repeating: Source(due: now + Self.pace, lastData: now), count: devices)
    convergence = Convergence(target: target)
    report.downtimeTarget = target
    recent = [(now, 0)]
  }

  /// A chunk of so many bytes of this device was moved in so many nanoseconds, up to now; there is a phase.
  mutating func add(_ bytes: Int, of device: Int, in nanoseconds: Int64, at now: Moment) {
    moved += UInt64(bytes)
    sources[device].add(bytes, in: nanoseconds, at: now)
    report.phases[report.phases.count - 1].add(bytes)
  }

  /// The device had nothing when it was asked.
  mutating func addNothing(of device: Int) { sources[device].hadData = false }

  /// Whether no device had anything when it was last asked.
  var haveNothing: Bool { !sources.contains { $0.hadData } }

  /// A device begins to give its data: until now it could not.
  mutating func begin(_ device: Int, at now: Moment) {
    sources[device].lastData = now
    // A change of the state takes its time too, which says nothing about the data.
    recent = [(now, moved)]
  }

  /// Nothing is left of the last phase.
  mutating func forgetLeft() {
    if let last = report.phases.indices.last { report.phases[last].left = nil }
  }

  /// The device was not asked for so long.
  mutating func pass(_ time: Duration, of device: Int) { sources[device].lastData = sources[device].lastData + time }

  /// How long this device has given nothing.
  func silence(of device: Int, at now: Moment) -> Duration { sources[device].lastData.duration(to: now) }

  /// How long none has given anything.
  func silence(at now: Moment) -> Duration {
    sources.indices.map { silence(of: $0, at: now) }.min() ?? .zero
  }

  /// Whether the device may be asked what is left; counts as asked then.
  mutating func isDue(_ device: Int, at now: Moment) -> Bool {
    guard now >= sources[device].due else { return false }
    sources[device].due = now + Self.pace
    return true
  }

  /// Takes what a device says is left.
  mutating func note(_ left: Estimate, of device: Int, running: Bool, at now: Moment) {
    recent.append((now, moved))
    while recent.count > 2, recent[1].time.duration(to: now) > Self.memory { recent.removeFirst() }
    if left.beginsAnew(after: sources[device].left) {
      report.reinits += 1
      convergence.beginAnew()
      beginnings.append(now)
    }
    sources[device].left = left
    let all = self.left
    if all.unread == nil, all != Estimate() { report.phases[report.phases.count - 1].left = all }
    if let remaining = all.remaining {
      convergence.note(moved: moved, speed: speed(for: remaining), remaining: remaining, at: now.instant)
    }
    // What pre-copy came to was decided when the devices were stopped.
    if running { report.verdict = verdict(at: now) }
  }

  /// Devices that begin anew again and again have initial data left each time, however little that is.
  private mutating func verdict(at now: Moment) -> Convergence.Verdict {
    beginnings.removeAll { $0.duration(to: now) > Self.patience }
    let judged = convergence.verdict
    guard beginnings.count > Self.fewBeginnings, judged != .targetMet || hasInitialData else { return judged }
    return .notConverging
  }

  private var hasInitialData: Bool { sources.contains { ($0.left.initial ?? 0) > 0 } }

  /// What is left in all.
  private var left: Estimate {
    sources.dropFirst().reduce(sources.first?.left ?? Estimate()) { $0 + $1.left }
  }

  /// Bytes a second at which all that is left will be moved, without the time in which there was nothing to move; 0 when
  /// that is not known. Devices are stopped together and move their rest at the same time: the slowest decides.
  private func speed(for remaining: UInt64) -> Double {
    let times = sources.map(\.secondsLeft)
    guard !times.contains(nil), let longest = times.compactMap({ $0 }).max(), longest > 0 else { return 0 }
    return Double(remaining) / longest
  }

  /// Whether the devices can be stopped now. A destination needs the initial data before the rest is of use to it, so
  /// none is stopped while some of it is left (linux/vfio.h recommends it).
  var isTargetMet: Bool { report.verdict == .targetMet && !hasInitialData }

  /// Bytes a second of late; 0 when there was no time yet.
  private var rate: Double {
    guard let first = recent.first, let last = recent.last else { return 0 }
    return TransferReport.rate(of: last.moved - first.moved, in: first.time.duration(to: last.time))
  }

  /// The figures of this moment.
  ///
  /// - Parameter preCopyLeft: how long pre-copy may still last; nil when it is over.
  func progress(in state: State, elapsed: Duration, preCopyLeft: Duration? = nil) -> TransferProgress {
    TransferProgress(
      state: state, bytes: moved, phaseBytes: report.phases.last?.bytes ?? 0, elapsed: elapsed, rate: rate,
      estimate: left,
      verdict: report.verdict, estimatedDowntime: convergence.estimatedDowntime, reinits: report.reinits,
      preCopyLeft: preCopyLeft)
  }
}
