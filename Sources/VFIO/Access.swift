/// One access to a device: what was asked, what came back, when, and how long it took.
///
/// There are three for each chunk of a v1 device's data. All of it lies in the value itself, so that to make one and to
/// keep it takes no memory of its own.
public struct Access: Sendable, Equatable {
  /// How many bytes of a payload an access keeps: enough for every register and every feature of migration.
  public static let payloadLimit = 32

  /// What was asked.
  public let operation: Operation
  private let outcome: Outcome
  /// What went wrong, or nil.
  public let failure: DeviceError.Reason?
  private let begun: Moment
  private let end: Moment

  /// An access with these values.
  public init(
    operation: Operation, result: Int, failure: DeviceError.Reason?, payload: [UInt8],
    start: ContinuousClock.Instant, duration: Duration
  ) {
    var outcome = Outcome()
    outcome.result = result
    outcome.keep(payload)
    let begun = Moment(start)
    self.init(operation, outcome, failure, from: begun, to: begun + duration)
  }

  init(_ operation: Operation, _ outcome: Outcome, _ failure: DeviceError.Reason?, from begun: Moment, to end: Moment) {
    self.operation = operation
    self.outcome = outcome
    self.failure = failure
    self.begun = begun
    self.end = end
  }

  /// The migration register that was read or written, or nil.
  public var register: String? { outcome.register?.name }
  /// What the call returned: bytes moved, or the call's own number.
  public var result: Int { outcome.result }
  /// The first bytes read or written.
  public var payload: [UInt8] { outcome.payload }
  /// When the call began.
  public var start: ContinuousClock.Instant { begun.instant }
  /// How long the call took.
  public var duration: Duration { begun.duration(to: end) }
  /// The number the failed call returned, if it was a number.
  public var errno: Errno? { failure?.errno }
}

/// Whoever keeps the accesses: the journal, the trace.
public protocol AccessRecorder: Sendable {
  /// An access begins, on the thread that makes it. Its record follows when it ends: none follows a call that hangs.
  func begin(_ operation: Operation, at start: Moment)
  /// Takes one finished access. Called on the thread that made it.
  func record(_ access: Access)
  /// What accesses are timed with.
  var moment: Moment { get }
}

extension AccessRecorder {
  /// The system's clock.
  public var moment: Moment { .now }
  /// Nothing is kept of it.
  public func begin(_ operation: Operation, at start: Moment) {}
}

/// What a finished call leaves for the record.
struct Outcome: Equatable {
  var result = 0
  var register: MigrationRegion.RegisterName?
  private var kept = SIMD32<UInt8>()
  private var count: UInt8 = 0

  /// The bytes that were kept.
  var payload: [UInt8] { (0..<Int(count)).map { kept[$0] } }

  mutating func keep(_ bytes: RawSpan) {
    let first = bytes.extracting(first: Access.payloadLimit)
    kept = SIMD32()
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
    var outcome = Outcome()
    let start = moment
    begin(operation, at: start)
    do throws(DeviceError) {
      let value = try call(&outcome)
      record(Access(operation, outcome, nil, from: start, to: moment))
      return value
    } catch {
      record(Access(operation, outcome, error.reason, from: start, to: moment))
      throw error
    }
  }
}
