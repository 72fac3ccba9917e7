import VFIO

/// Takes a stream as it is saved, and writes it down.
public protocol StreamWriter: AnyObject {
  /// The chunks that follow are saved in this state.
  func begin(phase: State) throws(StreamFault)
  /// One chunk as the device gave it. An empty one is left out.
  func chunk(_ bytes: RawSpan) throws(StreamFault)
  /// Brings to its place what was written, for whoever reads it while more is to come.
  func flush() throws(StreamFault)
  /// The stream is all there, and the device was left in this state.
  func finish(finalState: State?) throws(StreamFault) -> StreamSummary
  /// The stream won't be finished.
  func abandon()
}

extension StreamWriter {
  /// All that was written is in its place.
  public func flush() {}
}

/// Keeps count for a writer.
struct StreamTally {
  private let clock: @Sendable () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private(set) var summary = StreamSummary()
  private let digest: SideDigest?

  init(checksums: Checksums, clock: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.clock = clock
    start = clock()
    summary.checksums = checksums
    digest = checksums == .sha256 ? SideDigest() : nil
  }

  /// - Returns: when the phase began, from the start.
  mutating func begin(phase: State) -> Duration {
    // Whole microseconds: what the file keeps.
    let time = Duration.microseconds(Int64((clock() - start) / .microseconds(1)))
    summary.begin(phase: phase.name, at: time)
    return time
  }

  /// Counts a chunk, and adds it to the digest.
  ///
  /// - Returns: its CRC-32C; nil without checksums.
  @discardableResult
  mutating func add(_ bytes: RawSpan) -> CRC32C? {
    summary.add(chunk: bytes.byteCount)
    if let digest { return digest.add(bytes) }
    return summary.checksums == .none ? nil : CRC32C(bytes)
  }

  /// - Returns: the digest; zeros when there is none.
  mutating func finish(_ finalState: State?) -> [UInt8] {
    let sha256 = digest?.finish()
    summary.sha256 = sha256?.hexadecimal ?? ""
    summary.finalState = finalState?.name
    summary.isComplete = true
    return sha256 ?? [UInt8](repeating: 0, count: SHA256.size)
  }
}

/// Writes the device's bytes and nothing else: no phases, no chunks, no checksums in the file.
public final class RawStreamWriter: StreamWriter {
  private let sink: any ByteSink
  private var tally: StreamTally

  /// A writer of plain bytes. With `digest` the summary has a SHA-256.
  public convenience init(_ sink: any ByteSink, digest: Bool = true) {
    self.init(sink, digest: digest, clock: { .now })
  }

  init(_ sink: any ByteSink, digest: Bool, clock: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.sink = sink
    tally = StreamTally(checksums: digest ? .sha256 : .none, clock: clock)
  }

  /// Kept for the summary only.
  public func begin(phase: State) {
    _ = tally.begin(phase: phase)
  }

  /// Writes the bytes.
  public func chunk(_ bytes: RawSpan) throws(StreamFault) {
    if bytes.isEmpty { return }
    tally.add(bytes)
    try sink.write(bytes)
  }

  /// Flushes the sink.
  public func flush() throws(StreamFault) {
    try sink.flush()
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
