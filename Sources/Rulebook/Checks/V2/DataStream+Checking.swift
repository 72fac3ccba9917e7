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
  private(set) var count = 0
  /// What came instead of more data; nil when a check takes no more.
  var end: Read?
  /// What tells the data from other data, in this process.
  private var hasher = Hasher()

  /// Whether that is all of them.
  var isWhole: Bool { if case .end = end { true } else { false } }

  /// Whether these are the same data.
  func isSame(as other: Drained) -> Bool {
    count == other.count && hasher.finalize() == other.hasher.finalize()
  }

  fileprivate mutating func add(_ data: [UInt8]) {
    count += data.count
    data.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
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

extension DataStream {
  /// One read, without waiting.
  func readOnce(_ count: Int) -> Answer<[UInt8]> {
    Answer { () throws(DeviceError) in
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try fill(&bytes)
      bytes.removeLast(max(0, count - got))
      return bytes
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
  ///
  /// - Parameter data: what takes the data, when they are wanted too.
  func drain(into data: SavedData? = nil) throws(Untried) -> Drained {
    var drained = Drained()
    let deadline = ContinuousClock.now + Bench.patience * 10
    while drained.count < Bench.byteLimit, ContinuousClock.now < deadline {
      let read = next(1 << 18)
      guard case .data(let bytes) = read else {
        drained.end = read
        return drained
      }
      drained.add(bytes)
      try data?.add(bytes)
    }
    return drained
  }

  /// Whether it can be read. That there is nothing now is an answer too.
  func readable() -> Answer<Void> {
    if case .refused(let reason) = next(256) { .refused(reason) } else { .value(()) }
  }

  /// Writes all of these data, in writes of so many bytes each.
  ///
  /// - Returns: why that failed; nil when it did not.
  func writeAll(
    _ data: LoadData, inPiecesOf size: (_ offset: Int) -> Int = { _ in 1 << 16 }
  ) throws(Untried) -> Loading? {
    var done = 0
    while done < data.count {
      let bytes = try data.extracting(done..<min(data.count, done + max(1, size(done)))).bytes()
      let written = whenReady(.writing) { Answer { () throws(DeviceError) in try write(bytes.span.bytes) } }
      switch written {
      case .value(0): return .refusedWriting(.short(expected: bytes.count, got: 0), after: done)
      case .value(let count): done += count
      case .refused(let reason): return .refusedWriting(reason, after: done)
      }
    }
    let last = Answer { () throws(DeviceError) in try flush() }
    return last.refusal.map { .refusedWriting($0, after: done) }
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

  /// Why not all was taken; nil when it was.
  var refusal: DeviceError.Reason? {
    switch self {
    case .taken: nil
    case .refusedWriting(let reason, _), .refusedLeaving(let reason): reason
    }
  }

  var isTaken: Bool {
    switch self {
    case .taken: true
    case .refusedWriting, .refusedLeaving: false
    }
  }
}
