import Migration
import VFIO

/// What a read of a data fd gave.
enum Read: Sendable {
  case data([UInt8])
  /// A read returned 0.
  case end
  /// `ENOMSG`: there is nothing now.
  case nothingNow
  case refused(DeviceError.Reason)
}

/// What a data fd gave until it gave no more.
struct Drained: Sendable {
  var bytes: [UInt8] = []
  /// What came instead of more data; nil when a check takes no more.
  var end: Read?
}

/// What became of a load.
enum Loading: Sendable {
  /// RESUMING was left as if all had been well.
  case taken
  /// The data fd refused the data, after so many bytes.
  case refusedWriting(DeviceError.Reason, after: Int)
  /// RESUMING could not be left.
  case refusedLeaving(DeviceError.Reason)
}

/// Saving and loading, within the bounds of a check.
extension V2Bench {
  /// Enters a state that has a data session.
  func open(_ state: V2State) throws(Untried) -> any DataStream {
    guard let stream = try enter(state) else { throw Untried("no data fd came with \(state.protocolName)") }
    return stream
  }

  /// Enters PRE_COPY, which not every device has.
  func openPreCopy() throws(Untried) -> any DataStream {
    guard flags.contains(.preCopy) else { throw Untried("the device has no PRE_COPY") }
    return try open(.preCopy)
  }

  /// Begins to save the device in the way that disturbs it least.
  func openSaving() throws(Untried) -> any DataStream {
    flags.contains(.preCopy) ? try open(.preCopy) : try open(.stopCopy)
  }

  /// A rule about the descriptor can't be tried where there is none.
  func needDescriptor() throws(Untried) {
    if device.wire != nil { throw Untried("a vfio-user server gives no data fd") }
  }

  /// All that the device gives in STOP_COPY, where it is afterwards.
  func saved() throws(Untried) -> [UInt8] {
    let drained = try open(.stopCopy).drain()
    switch drained.end {
    case .end where drained.bytes.isEmpty: throw Untried("the device gives no data")
    case .end: return drained.bytes
    case .nothingNow: throw Untried("the device says ENOMSG in STOP_COPY")
    case .refused(let reason): throw Untried("its data can't be read: \(reason)")
    case .data, nil: throw Untried("the device gives more than a check takes")
    }
  }

  /// Loads these bytes, in writes of so many bytes each, and leaves RESUMING.
  func load(_ bytes: [UInt8], inPiecesOf size: (_ offset: Int) -> Int = { _ in 1 << 16 }) throws(Untried) -> Loading {
    let stream = try open(.resuming)
    defer { stream.close() }
    if let refused = stream.writeAll(bytes, inPiecesOf: size) { return refused }
    guard let refusal = set(.stop).answer.refusal else { return .taken }
    // A device that has no way to STOP has taken the data nonetheless if it runs on them.
    guard state().value == .resuming, set(.running).isDone else { return .refusedLeaving(refusal) }
    return .taken
  }

  /// Brings the device back to RUNNING after a load that it has refused.
  func recover() throws(Untried) {
    let reset = Answer { () throws(DeviceError) in try device.reset() }
    if let state = self.state().value, state != .running, state != .error { _ = set(.running) }
    guard self.state().value == .running else { throw Untried("a reset does not lead to RUNNING: \(reset)") }
  }
}

extension DataStream {
  /// One read, without waiting.
  func readOnce(_ count: Int) -> Answer<[UInt8]> {
    Answer { () throws(DeviceError) in
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try fill(&bytes)
      return Array(bytes.prefix(got))
    }
  }

  private func fill(_ bytes: inout [UInt8]) throws(DeviceError) -> Int {
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    return try read(into: &raw)
  }

  /// The next piece of data, which is waited for.
  func next(_ count: Int = 1 << 16) -> Read {
    switch whenReady(.reading, { readOnce(count) }) {
    case .value(let bytes) where bytes.isEmpty: .end
    case .value(let bytes): .data(bytes)
    case .refused(let reason) where reason.errno == .ENOMSG: .nothingNow
    case .refused(let reason): .refused(reason)
    }
  }

  /// Reads until there is no more, or more than a check takes.
  func drain() -> Drained {
    var drained = Drained()
    let deadline = ContinuousClock.now + Bench.patience * 5
    while drained.bytes.count < Bench.byteLimit, ContinuousClock.now < deadline {
      let piece = next()
      guard case .data(let bytes) = piece else {
        drained.end = piece
        return drained
      }
      drained.bytes += bytes
    }
    return drained
  }

  /// Writes all of these bytes, in writes of so many bytes each.
  ///
  /// - Returns: why that failed; nil when it did not.
  func writeAll(_ bytes: [UInt8], inPiecesOf size: (_ offset: Int) -> Int = { _ in 1 << 16 }) -> Loading? {
    var done = 0
    while done < bytes.count {
      let end = min(bytes.count, done + max(1, size(done)))
      let written = whenReady(.writing) {
        Answer { () throws(DeviceError) in try write(bytes.span.bytes.extracting(done..<end)) }
      }
      switch written {
      case .value(0): return .refusedWriting(.short(expected: end - done, got: 0), after: done)
      case .value(let count): done += count
      case .refused(let reason): return .refusedWriting(reason, after: done)
      }
    }
    return nil
  }

  /// Makes a call again while it says that the device is not ready, as long as a check waits.
  private func whenReady<R>(_ direction: StreamDirection, _ call: () -> Answer<R>) -> Answer<R> {
    let deadline = ContinuousClock.now + Bench.patience
    while true {
      let answer = call()
      guard answer.errno == .EAGAIN || answer.errno == .EINTR, ContinuousClock.now < deadline else { return answer }
      _ = try? wait(for: direction, until: deadline)
    }
  }

  /// Asks something of the descriptor, and tells what was answered.
  func answer(_ question: StreamQuestion) -> Answer<StreamReply> {
    Answer { () throws(DeviceError) in try ask(question) }
  }
}

extension Read: CustomStringConvertible {
  /// What a read answered.
  var description: String {
    switch self {
    case .data(let bytes): "\(bytes.count) bytes"
    case .end: "0"
    case .nothingNow: "\(Errno.ENOMSG)"
    case .refused(let reason): "\(reason)"
    }
  }
}

extension Loading: CustomStringConvertible {
  /// What was answered, and when.
  var description: String {
    switch self {
    case .taken: "all was taken"
    case .refusedWriting(let reason, let count): "the data fd answers \(reason) after \(count) bytes"
    case .refusedLeaving(let reason): "leaving RESUMING answers \(reason)"
    }
  }

  var isTaken: Bool {
    switch self {
    case .taken: true
    case .refusedWriting, .refusedLeaving: false
    }
  }
}
