import VFIO

/// An opened device under observation: looks without touching, and makes changes one by one, each read back.
///
/// A session is used from one thread at a time.
public final class MigrationSession {
  /// The state and the values that go with it, at one moment.
  public struct Observation: Sendable, Equatable {
    /// The present state.
    public let state: State
    /// The values, in the protocol's order.
    public let fields: [Field]
    /// When they were read.
    public let time: ContinuousClock.Instant

    /// What was seen at `time`.
    public init(state: State, fields: [Field], time: ContinuousClock.Instant) {
      self.state = state
      self.fields = fields
      self.time = time
    }
  }

  /// The device, as the session uses it.
  public let device: any Device
  /// Its migration.
  public let interface: any MigrationInterface
  /// What was done, and every access.
  public let journal: Journal

  /// Takes over an opened device whose migration was found. Accesses of the device are to be recorded in `journal`.
  public init(device: any Device, interface: any MigrationInterface, journal: Journal) {
    self.device = device
    self.interface = interface
    self.journal = journal
  }

  /// Looks at the device. Nothing is read that has an effect.
  public func observe() throws(DeviceError) -> Observation {
    try journal.looking { () throws(DeviceError) in
      let state = try readState()
      return Observation(state: state, fields: interface.fields(in: state), time: journal.now)
    }
  }

  /// Asks for the state, and notes it as the last one seen.
  public func readState() throws(DeviceError) -> State {
    let state = try interface.state()
    journal.saw(state)
    return state
  }

  /// What each state would take from here, in the protocol's order.
  public func plans(from state: State) -> [StepPlan] {
    interface.protocol.states.map { interface.plan(from: state, to: $0) }
  }

  /// Makes one request, and asks for the state before and after it.
  ///
  /// Nothing but a reset is asked of a device whose state can't be read, or of a v2 device in ERROR: the kernel answers
  /// that with a WARN_ON, which stops a machine that has panic_on_warn set (vfio_main.c).
  @discardableResult
  public func step(_ request: Request) -> StepResult {
    let before: State?
    do throws(DeviceError) {
      before = try readState()
    } catch {
      if request != .reset { return withhold(request, from: nil, "its state can't be read", error.reason) }
      before = nil
    }
    if before == .v2(.error), request != .reset {
      return withhold(request, from: before, "the device is in ERROR, which only a reset leaves: ask for reset", nil)
    }
    let start = journal.now
    journal.begin(request)
    let failure = attempt(request)
    let duration = start.duration(to: journal.now)
    let reached = try? readState()
    if let reached { interface.arrived(in: reached, from: before) }
    let result = StepResult(
      requested: request, from: before, plan: before.flatMap { plan(request, from: $0) }, failure: failure,
      reached: reached, duration: duration)
    journal.record(result)
    return result
  }

  /// Closes the device, with the data session that the interface has open, and opens it again. Where it is then is for
  /// the caller to read.
  public func reopen() throws(DeviceError) {
    interface.close()
    try device.reopen()
    interface.reopened()
  }

  private func withhold(
    _ request: Request, from state: State?, _ why: String, _ failure: DeviceError.Reason?
  ) -> StepResult {
    let result = StepResult(
      requested: request, from: state, plan: state.flatMap { plan(request, from: $0) }, withheld: why,
      failure: failure, reached: state, duration: .zero)
    journal.record(result)
    return result
  }

  private func attempt(_ request: Request) -> DeviceError.Reason? {
    do throws(DeviceError) {
      switch request {
      case .state(let state): try interface.request(state)
      case .raw(let number): try interface.request(raw: number)
      case .reset: try device.reset()
      }
      return nil
    } catch {
      return error.reason
    }
  }

  /// What the request will do from this state; nil for a reset, of which the document gives only the end.
  public func plan(_ request: Request, from state: State) -> StepPlan? {
    request == .reset ? nil : interface.plan(from: state, to: request.goal(in: state.protocol))
  }
}
