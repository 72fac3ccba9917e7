import Dispatch
import Migration
import Synchronization

/// Moves a device's data while the screen goes on: the devices are lent to it for as long as it takes.
final class Flow: Sendable {
  /// What it moves.
  let job: FlowJob
  /// How.
  let options: TransferOptions

  private let clock: @Sendable () -> ContinuousClock.Instant
  private let onChange: @Sendable () -> Void
  private let contents: Mutex<FlowStatus>
  /// Brings the devices out of what was begun with them, but for those that hang; nil when there is nothing like that.
  private let rescue = Mutex<(@Sendable (Set<Int>) -> Void)?>(nil)
  private let unfinished = Mutex<String?>(nil)

  /// A flow that has not begun. `onChange` is called after every change of `status`, on any thread.
  init(
    _ job: FlowJob, _ options: TransferOptions,
    clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, onChange: @escaping @Sendable () -> Void = {}
  ) {
    self.job = job
    self.options = options
    self.clock = clock
    self.onChange = onChange
    contents = Mutex(FlowStatus(begun: clock()))
  }

  /// A file of ours that is not whole, and must not stay behind.
  var part: String? { unfinished.withLock { $0 } }

  /// What is known of it.
  var status: FlowStatus { contents.withLock { $0 } }

  /// Begins on these devices, which are those of the job, in its order.
  func begin(on handles: [DeviceHandle]) {
    DeviceHandle.lend(handles, for: job.name) { devices in self.run(devices) }
  }

  /// Asks it to end. A device that does not answer is waited for; one that was not asked for anything yet never will be.
  func cancel() { change { $0.isCancelled = true } }

  /// Brings the devices that do answer out of what was begun with them when another one does not, and so keeps the flow
  /// from doing it. After that there is nothing left of the flow but to end the program.
  ///
  /// - Parameters:
  ///   - hanging: the devices that do not answer, by their places in the job.
  ///   - group: it is done when nothing of this group goes on.
  func rescueDevices(allBut hanging: Set<Int>, in group: DispatchGroup) {
    guard let rescue = rescue.withLock({ $0 }) else { return }
    // A queue of its own each: one device that is slow to come out of it keeps no other.
    DispatchQueue(label: "rescue").async(group: group) { rescue(hanging) }
  }

  /// Takes the figures of one moment.
  func note(_ progress: TransferProgress) {
    change { [clock] in $0.note(progress, at: clock()) }
  }

  /// The device has given all its data, and was left in this state; the file is not whole yet.
  func note(left: State) {
    change { [clock] in $0.note(left: left, at: clock()) }
  }

  /// The same; so much of the file's digest is still to be made.
  func note(digestLeft: UInt64) {
    let now = clock()
    // It comes many times a millisecond, and each change is drawn.
    if let last = status.digestLeft, last / Self.digestStep == digestLeft / Self.digestStep { return }
    change { $0.note(digestLeft: digestLeft, at: now) }
  }

  /// So many bytes of a digest are worth a picture.
  private static let digestStep: UInt64 = 64 << 20

  /// It is over.
  func end(_ ending: FlowStatus.Ending, sha256: String? = nil) {
    change { $0.end(ending, sha256: sha256) }
  }

  private func change(_ body: (inout FlowStatus) -> Void) {
    contents.withLock { body(&$0) }
    onChange()
  }

  private var observer: TransferObserver {
    TransferObserver(progress: { self.note($0) }, isCancelled: { self.status.isCancelled })
  }

  // MARK: on the devices' queue

  private func run(_ devices: [OpenedDevice]) {
    let sessions = devices.compactMap(\.session)
    guard sessions.count == job.devices.count else { return end(.refused("A device is not open any more.")) }
    switch job {
    case .migrate:
      if let misfit = devices[1].misfit(insteadOf: devices[0]) { return end(.refused("\(misfit).")) }
      guard begins() else { return endUntouched() }
      migrate(sessions[0], sessions[1])
    case .save(_, let path): refusing { () throws(StreamFault) in try save(devices[0], sessions[0], path) }
    case .load(_, let path): refusing { () throws(StreamFault) in try load(devices[0], sessions[0], path) }
    }
  }

  /// Takes leave to ask something of the devices: it is not given after the user has given up.
  private func begins() -> Bool {
    change { if !$0.isCancelled { $0.isAsking = true } }
    return status.isAsking
  }

  private func endUntouched() { end(.refused("it was given up before anything was asked of a device.")) }

  private func migrate(_ source: MigrationSession, _ destination: MigrationSession) {
    // The thread that migrates stands still in the call that hangs; the other device is nobody's then.
    nonisolated(unsafe) let operation = MigrateOperation(
      [(source, destination)], options: options, observer: observer)
    rescue.withLock { $0 = { hanging in operation.rescue(allBut: hanging) } }
    let report = operation.run()
    rescue.withLock { $0 = nil }
    end(.report(report), sha256: report.digests.first)
  }

  private func refusing(_ body: () throws(StreamFault) -> Void) {
    do throws(StreamFault) {
      try body()
    } catch {
      end(.refused(error.description))
    }
  }

  private func save(_ device: OpenedDevice, _ session: MigrationSession, _ path: String) throws(StreamFault) {
    guard begins() else { return endUntouched() }
    let sink = try FileSink(path: path)
    unfinished.withLock { $0 = FileSink.part(of: path) }
    defer { unfinished.withLock { $0 = nil } }
    let writer = WriteBehind(try StreamFileWriter(sink, identity: device.identity(of: session)))
    var report = SaveOperation(session, to: writer, options: options, observer: observer).run()
    guard report.isWhole else {
      writer.abandon()
      return end(.report(report))
    }
    if let left = report.states.first?.state { note(left: left) }
    do throws(StreamFault) {
      let summary = try writer.finish(finalState: report.states.first?.state) { left in
        note(digestLeft: left)
        return !status.isCancelled
      }
      end(.report(report), sha256: summary.sha256)
    } catch {
      // The device has done its part, but there is no file.
      report.fault = status.isCancelled ? .cancelled : .stream(error)
      end(.report(report))
    }
  }

  private func load(_ device: OpenedDevice, _ session: MigrationSession, _ path: String) throws(StreamFault) {
    // By itself "-" would be the standard input, where the keys come from.
    let file = path == "-" ? "./-" : path
    let reader = try StreamFileReader(checking: file)
    let (theirs, ours) = (reader.identity.protocol, session.interface.protocol)
    guard theirs == ours else {
      return end(
        .refused("\(path) was saved by protocol \(theirs.rawValue), the device speaks \(ours.rawValue)."))
    }
    if let misfit = device.misfit(reader.identity) { return end(.refused("\(path) \(misfit).")) }
    // To look at a long file took a while.
    guard begins() else { return endUntouched() }
    let source = ReadAhead(reader)
    let report = LoadOperation(session, from: source, options: options, observer: observer).run()
    end(.report(report), sha256: report.fault == nil ? source.digest : nil)
  }
}
