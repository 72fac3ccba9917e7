import VFIO

/// Takes a stream as it is saved, and writes it down.
public protocol StreamWriter: AnyObject {
  /// The chunks that follow are saved in this state.
  func begin(phase: State) throws(StreamFault)
  /// One chunk as the device gave it. An empty one is left out.
  func chunk(_ bytes: RawSpan) throws(StreamFault)
  /// The stream is all there, and the device was left in this state.
  func finish(finalState: State?) throws(StreamFault) -> StreamSummary
  /// The stream won't be finished.
  func abandon()
}

/// Keeps count for a writer.
struct StreamTally {
  /// Bytes from which on it is worth to wake a second thread.
  private static let longChunk = 128 << 10

  private let clock: @Sendable () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private(set) var summary = StreamSummary()
  private var sha256: SHA256?

  init(checksums: Bool, clock: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.clock = clock
    start = clock()
    sha256 = checksums ? SHA256() : nil
  }

  /// - Returns: when the phase began, from the start.
  mutating func begin(phase: State) -> Duration {
    // Whole microseconds: what the file keeps.
    let time = Duration.microseconds(Int64((clock() - start) / .microseconds(1)))
    summary.begin(phase: phase.name, at: time)
    return time
  }

  /// Counts a chunk, and adds it to the digest while `write` writes it.
  mutating func add(_ bytes: RawSpan, _ write: () throws(StreamFault) -> Void) throws(StreamFault) {
    summary.add(chunk: bytes.byteCount)
    guard sha256 != nil else { return try write() }
    guard bytes.byteCount >= Self.longChunk else {
      sha256?.update(bytes)
      return try write()
    }
    var fault: StreamFault?
    // The digest takes about as long as the write: beside each other they take half of that.
    beside({ sha256?.update(bytes) }) {
      do throws(StreamFault) { try write() } catch { fault = error }
    }
    if let fault { throw fault }
  }

  /// - Returns: the digest; zeros when there is none.
  mutating func finish(_ finalState: State?) -> [UInt8] {
    let digest = sha256?.digest()
    summary.sha256 = digest?.hexadecimal ?? ""
    summary.finalState = finalState?.name
    summary.isComplete = true
    return digest ?? [UInt8](repeating: 0, count: SHA256.size)
  }
}

/// Writes the device's bytes and nothing else: no phases, no chunks, no checksums in the file.
public final class RawStreamWriter: StreamWriter {
  private let sink: any ByteSink
  private var tally: StreamTally

  /// A writer of plain bytes. With `checksums` the summary has a SHA-256.
  public convenience init(_ sink: any ByteSink, checksums: Bool = true) {
    self.init(sink, checksums: checksums, clock: { .now })
  }

  init(_ sink: any ByteSink, checksums: Bool, clock: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.sink = sink
    tally = StreamTally(checksums: checksums, clock: clock)
  }

  /// Kept for the summary only.
  public func begin(phase: State) {
    _ = tally.begin(phase: phase)
  }

  /// Writes the bytes.
  public func chunk(_ bytes: RawSpan) throws(StreamFault) {
    if bytes.isEmpty { return }
    try tally.add(bytes) { () throws(StreamFault) in try sink.write(bytes) }
  }

  /// Finishes the sink.
  public func finish(finalState: State?) throws(StreamFault) -> StreamSummary {
    _ = tally.finish(finalState)
    try sink.finish()
    return tally.summary
  }

  /// Abandons the sink.
  public func abandon() {
    sink.abandon()
  }
}
