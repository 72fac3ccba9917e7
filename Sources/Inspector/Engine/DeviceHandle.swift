import Dispatch
import Migration
import Synchronization
import VFIO

/// One device in use: its calls are made one after the other, away from the screen, and leave what they found in
/// `status`. A device that hangs holds up nothing but itself.
public final class DeviceHandle: Sendable {
  /// Where the calls are made.
  public enum Execution: Sendable {
    /// On a queue of the device's own.
    case queue
    /// At once, before the call returns: for tests of the views.
    case inline
  }

  /// What can be done besides asking for a state.
  public enum Action: Sendable, Equatable {
    /// Reads `data_offset` and `data_size` of protocol v1: the device puts a chunk into its window.
    case openChunk
    /// Reads `pending_bytes` of protocol v1: the chunk in the window is acknowledged.
    case acknowledgeChunk
  }

  /// The name it was opened by.
  public let reference: DeviceReference
  /// What was done, and every access.
  public let journal: Journal

  private let opener: DeviceOpener
  private let queue: DispatchQueue?
  private let onChange: @Sendable () -> Void
  private let contents = Mutex(DeviceStatus())
  private let isLookQueued = Atomic(false)
  /// Used by the calls alone, one at a time.
  private let opened = Mutex<OpenedDevice?>(nil)

  /// Begins to open the device. `onChange` is called after every change of `status`, on any thread.
  public init(
    _ reference: DeviceReference, opener: DeviceOpener = DeviceOpener(), execution: Execution = .queue,
    clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, onChange: @escaping @Sendable () -> Void = {}
  ) {
    self.reference = reference
    journal = Journal(clock: clock)
    self.opener = opener
    self.onChange = onChange
    queue = execution == .queue ? DispatchQueue(label: "device \(reference)") : nil
    work("open") { $0.openDevice() }
    look()
  }

  /// What is known of the device.
  public var status: DeviceStatus { contents.withLock { $0 } }

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

  /// Lets go of the device, when it is done with what it is doing.
  public func close() {
    perform { handle in
      handle.opened.withLock { opened in
        opened?.session?.interface.close()
        opened = nil
      }
    }
  }

  // MARK: on the device's queue

  private func openDevice() {
    do throws(OpenFailure) {
      let phase = try opened.withLock { (opened) throws(OpenFailure) in
        let device = try opener.open(reference, journal: journal)
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

  private func observe() {
    guard
      let seen = withSession({ session in
        Result { () throws(DeviceError) in
          let observation = try session.observe()
          return (observation, session.plans(from: observation.state))
        }
      })
    else { return }
    change { status in
      switch seen {
      case .success((let observation, let plans)):
        if status.observation?.state != observation.state { status.stateSince = observation.time }
        status.observation = observation
        status.plans = plans
        status.lookFailure = nil
      case .failure(let error):
        status.lookFailure = "\(error)"
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

  private func change(_ body: (inout DeviceStatus) -> Void) {
    contents.withLock { body(&$0) }
    onChange()
  }

  /// Does something that is shown as being done until it is answered.
  private func work(_ name: String, _ body: @escaping @Sendable (DeviceHandle) -> Void) {
    perform { handle in
      handle.change { $0.work = DeviceStatus.Work(name: name, since: handle.journal.now) }
      body(handle)
      handle.change { $0.work = nil }
    }
  }

  private func perform(_ body: @escaping @Sendable (DeviceHandle) -> Void) {
    if let queue { queue.async { body(self) } } else { body(self) }
  }
}
