/// One access to a device: what was asked, what came back, when, and how long it took.
///
/// There are three or four for each chunk of a v1 device's data. All of it lies in the value itself, so that to make one and
/// to keep it takes no memory of its own.
public struct Access: Sendable, Equatable {
  /// How many bytes of a payload an access keeps: enough for every register and every feature of migration.
  public static let payloadLimit = 32

  /// What was asked.
  public let operation: Operation
  /// What went wrong, or nil.
  public let failure: DeviceError.Reason?
  /// What the call left, and its time.
  package let outcome: Outcome

  /// An access with these values.
  public init(
    operation: Operation, result: Int, failure: DeviceError.Reason?, payload: [UInt8],
    start: ContinuousClock.Instant, duration: Duration
  ) {
    let begun = Moment(start)
    var outcome = Outcome(begun: begun)
    outcome.end = begun + duration
    outcome.result = result
    outcome.keep(payload)
    self.init(operation, outcome, failure)
  }

  /// An access of these parts.
  package init(_ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?) {
    self.operation = operation
    self.outcome = outcome
    self.failure = failure
  }

  /// The migration register that was read or written, or nil.
  public var register: String? { outcome.register?.name }
  /// What the call returned: bytes moved, or the call's own number.
  public var result: Int { outcome.result }
  /// The first bytes read or written.
  public var payload: [UInt8] { outcome.payload }
  /// When the call began.
  public var start: ContinuousClock.Instant { outcome.begun.instant }
  /// How long the call took.
  public var duration: Duration { outcome.begun.duration(to: outcome.end) }
  /// The number the failed call returned, if it was a number.
  public var errno: Errno? { failure?.errno }
}

/// Whoever keeps the accesses: the journal, the trace.
public protocol AccessRecorder: AnyObject, Sendable {
  /// An access begins, on the thread that makes it. Its record follows when it ends: none follows a call that hangs.
  func begin(_ operation: Operation, at start: Moment)
  /// Takes one finished access. Called on the thread that made it.
  func record(_ access: Access)
  /// The same in its parts, which is how each one comes. To copy a whole access takes several calls, since a part of it
  /// may have memory of its own; its parts are numbers and bytes, as a rule.
  func record(_ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?)
  /// What accesses are timed with.
  var moment: Moment { get }
}

extension AccessRecorder {
  /// The system's clock.
  public var moment: Moment { .now }
  /// Nothing is kept of it.
  public func begin(_ operation: Operation, at start: Moment) {}
  /// Puts it together.
  public func record(_ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?) {
    record(Access(operation, outcome, failure))
  }
}

/// What a finished call leaves for the record, and its time: bytes alone, no memory of its own.
public struct Outcome: Sendable, Equatable {
  let begun: Moment
  var end: Moment
  var result = 0
  private var kept = Kept()
  private var count: UInt8 = 0
  var register: MigrationRegion.RegisterName?

  /// As many bytes as an access keeps. A `SIMD32` would lie at a multiple of 32, with a gap before it.
  private struct Kept: Equatable {
    var first: UInt64 = 0, second: UInt64 = 0, third: UInt64 = 0, fourth: UInt64 = 0
  }

  /// Of a call that begins.
  package init(begun: Moment) {
    self.begun = begun
    end = begun
  }

  /// The bytes that were kept.
  var payload: [UInt8] { withUnsafeBytes(of: kept) { [UInt8]($0.prefix(Int(count))) } }

  mutating func keep(_ bytes: RawSpan) {
    let first = bytes.extracting(first: Access.payloadLimit)
    kept = Kept()
    withUnsafeMutableBytes(of: &kept) { target in first.withUnsafeBytes { target.copyMemory(from: $0) } }
    count = UInt8(first.byteCount)
  }

  mutating func keep(_ bytes: [UInt8]) { keep(bytes.span.bytes) }
}

extension AccessRecorder {
  /// The one place every call goes through, whatever it talks to: runs `call`, times it and records it, failed or not.
  ///
  /// Put into each caller: as one function for all of them it could only reach `call` and what it returns by way of
  /// pointers and tables, which takes as long as a read of a register.
  @inline(__always)
  func measure<R: ~Copyable>(
    _ operation: Operation, _ call: (inout Outcome) throws(DeviceError) -> R
  ) throws(DeviceError) -> R {
    var outcome = Outcome(begun: moment)
    begin(operation, at: outcome.begun)
    do throws(DeviceError) {
      let value = try call(&outcome)
      outcome.end = moment
      record(operation, outcome, nil)
      return value
    } catch {
      outcome.end = moment
      record(operation, outcome, error.reason)
      throw error
    }
  }
}
