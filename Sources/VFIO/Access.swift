/// One access to a device: what was asked, what came back, when, and how long it took.
public struct Access: Sendable, Equatable {
  /// How many bytes of a payload an access keeps: enough for every register and every feature of migration.
  public static let payloadLimit = 32

  /// What was asked.
  public let operation: Operation
  /// The migration register that was read or written, or nil.
  public let register: String?
  /// What the call returned: bytes moved, or the call's own number.
  public let result: Int
  /// What went wrong, or nil.
  public let failure: DeviceError.Reason?
  /// The first bytes read or written.
  public let payload: [UInt8]
  /// When the call began.
  public let start: ContinuousClock.Instant
  /// How long the call took.
  public let duration: Duration

  /// An access with these values.
  public init(
    operation: Operation, register: String? = nil, result: Int, failure: DeviceError.Reason?, payload: [UInt8],
    start: ContinuousClock.Instant,
    duration: Duration
  ) {
    self.operation = operation
    self.register = register
    self.result = result
    self.failure = failure
    self.payload = payload
    self.start = start
    self.duration = duration
  }

  /// The number the failed call returned, if it was a number.
  public var errno: Errno? { failure?.errno }
}

/// Whoever keeps the accesses: the journal, the trace.
public protocol AccessRecorder: Sendable {
  /// An access begins, on the thread that makes it. Its record follows when it ends: none follows a call that hangs.
  func begin(_ operation: Operation, at start: ContinuousClock.Instant)
  /// Takes one finished access. Called on the thread that made it.
  func record(_ access: Access)
  /// What accesses are timed with.
  var now: ContinuousClock.Instant { get }
}

extension AccessRecorder {
  /// The system's clock.
  public var now: ContinuousClock.Instant { .now }
  /// Nothing is kept of it.
  public func begin(_ operation: Operation, at start: ContinuousClock.Instant) {}
}

/// What a finished call leaves for the record.
struct Outcome {
  var result = 0
  var register: String?
  var payload: [UInt8] = []

  mutating func keep(_ bytes: some Sequence<UInt8>) {
    payload = Array(bytes.prefix(Access.payloadLimit))
  }
}

extension AccessRecorder {
  /// The one place every call goes through, whatever it talks to: runs `call`, times it and records it, failed or not.
  func measure<R: ~Copyable>(
    _ operation: Operation, _ call: (inout Outcome) throws(DeviceError) -> R
  ) throws(DeviceError) -> R {
    var outcome = Outcome()
    let start = now
    begin(operation, at: start)
    do throws(DeviceError) {
      let value = try call(&outcome)
      record(operation, outcome, nil, since: start)
      return value
    } catch {
      record(operation, outcome, error.reason, since: start)
      throw error
    }
  }

  private func record(
    _ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?, since start: ContinuousClock.Instant
  ) {
    record(
      Access(
        operation: operation, register: outcome.register, result: outcome.result, failure: failure,
        payload: outcome.payload, start: start,
        duration: start.duration(to: now)))
  }
}
