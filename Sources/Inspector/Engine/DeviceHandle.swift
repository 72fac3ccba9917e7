import Migration
import Synchronization
import VFIO

/// One device in use: its calls are made one after the other, away from the screen, and leave what they found in
/// `status`. A device that hangs holds up nothing but itself.
public final class DeviceHandle: Sendable {
  /// Opens a device, with every access recorded in the journal.
  public typealias Opening = @Sendable (DeviceReference, Journal) throws(OpenFailure) -> OpenedDevice

  /// What can be done besides asking for a state.
  public enum Action: Sendable, Equatable {
    /// Reads `data_offset` and `data_size` of protocol v1: the device puts a chunk into its window.
    case openChunk
    /// Reads `pending_bytes` of protocol v1: the chunk in the window is acknowledged.
    case acknowledgeChunk
  }

  /// The name it was opened by.
  public let reference: DeviceReference
  /// What was done, and every access. It goes on when the device is opened again.
  public let journal: Journal

  private let opening: Opening
  private let worker: Worker
  private let onChange: @Sendable () -> Void
  private let contents = Mutex(DeviceStatus())
  private let isLookQueued = Atomic(false)
  /// Used by the calls alone, one at a time.
  let opened = Mutex<OpenedDevice?>(nil)
  /// As `opened`.
  let watch = Mutex<DirtyWatch?>(nil)
  let isReportQueued = Atomic(false)
  let isModelQueued = Atomic(false)
  /// What switches the device's faults; used at any time, whatever its queue does.
  let switches = Mutex<FaultSwitches?>(nil)
  /// Whether a run of checks is to end, of rules or of a user's fault.
  let checksCancelled = Atomic(false)

  /// Begins to open the device. `onChange` is called after every change of `status`, on any thread.
  public init(
    _ reference: DeviceReference, execution: Execution = .queue,
    clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, onChange: @escaping @Sendable () -> Void = {},
    opening: @escaping Opening = DeviceOpener().open
  ) {
    self.reference = reference
    journal = Journal(clock: clock)
    self.opening = opening
    self.onChange = onChange
    worker = Worker(execution, label: "device \(reference)")
    open()
  }

  /// What is known of the device.
  public var status: DeviceStatus {
    var status = contents.withLock { $0 }
    // Scenarios switch faults too.
    status.faults = switches.withLock { $0?.words }
    return status
  }

  /// Looks at the device, unless a look is still waiting for its turn.
  public func look() {
    guard !isLookQueued.exchange(true, ordering: .relaxed) else { return }
    perform { handle in
      handle.isLookQueued.store(false, ordering: .relaxed)
      handle.observe()
    }
  }

  /// Asks for a state, a number, or a reset, and reads back what became of it.
  public func step(_ request: Request) {
    work("step to \(request.name)") { handle in
      let result = handle.withSession { $0.step(request) }
      handle.change { status in
        status.lastStep = result
        status.actionFailure = nil
      }
      handle.observe()
    }
  }

  /// Does one of the other things.
  public func act(_ action: Action) {
    work(action == .openChunk ? "read data_offset" : "read pending_bytes") { handle in
      let failure = handle.withSession { session in Self.perform(action, on: session) } ?? nil
      handle.change { $0.actionFailure = failure }
      handle.observe()
    }
  }

  /// Lets go of the device and opens it anew, after what it is doing now.
  public func reopen() { open() }

  /// Lets go of the device when it is done with what it is doing, so that somebody else can open it. What was known of
  /// it stays in `status`.
  public func close() {
    change { status in
      status.phase = .closed
      status.dirty = nil
    }
    perform { $0.letGo() }
  }

  private func open() {
    contents.withLock { $0.phase = .opening }
    work("open") { handle in
      handle.letGo()
      handle.change { $0 = DeviceStatus(work: $0.work) }
      handle.openDevice()
    }
    perform { $0.observe() }
  }

  // MARK: on the device's queue

  private func letGo() {
    watch.withLock { watch in
      watch?.end()
      watch = nil
    }
    switches.withLock { $0 = nil }
    opened.withLock { opened in
      opened?.session?.interface.close()
      opened = nil
    }
  }

  private func openDevice() {
    do throws(OpenFailure) {
      let phase = try opened.withLock { (opened) throws(OpenFailure) in
        let device = try opening(reference, journal)
        switches.withLock { $0 = device.faults }
        let phase = Self.phase(of: device)
        opened = device
        return phase
      }
      change { $0.phase = phase }
    } catch {
      change { $0.phase = .failed(error.description) }
    }
  }

  private static func phase(of device: OpenedDevice) -> DeviceStatus.Phase {
    switch device.migration {
    case .none(let errno): .withoutMigration(errno)
    case .session(let session):
      .open(
        DeviceStatus.Facts(
          way: device.way, protocol: session.interface.protocol, flags: session.interface.flags,
          states: session.interface.states, arcs: session.interface.arcs, saysReset: device.info.saysReset))
    }
  }

  func observe() {
    // Not announced: nobody needs to know of a look before it takes long.
    contents.withLock { $0.lookingSince = journal.now }
    let seen = withSession { session in
      Result { () throws(DeviceError) in
        let observation = try session.observe()
        return (observation, session.plans(from: observation.state))
      }
    }
    change { status in
      status.lookingSince = nil
      switch seen {
      case .success((let observation, let plans))?:
        if status.observation?.state != observation.state { status.stateSince = observation.time }
        status.observation = observation
        status.plans = plans
        status.lookFailure = nil
      case .failure(let error)?:
        status.lookFailure = "\(error)"
      case nil: break
      }
    }
  }

  private static func perform(_ action: Action, on session: MigrationSession) -> String? {
    guard let interface = session.interface as? V1Interface else { return nil }
    do throws(DeviceError) {
      switch action {
      case .openChunk: try interface.openChunk()
      case .acknowledgeChunk: try interface.acknowledgeChunk()
      }
      return nil
    } catch {
      return error.description
    }
  }

  private func withSession<R: Sendable>(_ body: @Sendable (MigrationSession) -> R) -> R? {
    opened.withLock { $0?.session.map(body) }
  }

  /// Lends the device, when it is open.
  func withOpened(_ body: (OpenedDevice) -> Void) {
    opened.withLock { opened in
      if let opened { body(opened) }
    }
  }

  func change(_ body: (inout DeviceStatus) -> Void) {
    contents.withLock { body(&$0) }
    onChange()
  }

  /// Does something that is shown as being done from now on until it is answered.
  func work(_ name: String, _ body: @escaping @Sendable (DeviceHandle) -> Void) {
    begin(name)
    perform { handle in
      body(handle)
      handle.change { $0.work = nil }
    }
  }

  func begin(_ name: String) {
    let work = DeviceStatus.Work(name: name, since: journal.now)
    change { $0.work = work }
  }

  func perform(_ body: @escaping @Sendable (DeviceHandle) -> Void) {
    worker.perform { body(self) }
  }
}
