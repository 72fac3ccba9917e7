import VFIO

/// Takes a stream as it is saved, and writes it down.
public protocol StreamWriter: AnyObject {
  /// The chunks that follow are saved in this state.
  func begin(phase: State) throws(StreamFault)
  /// A chunk as the device gave it, or the next part of one; `left` bytes of it come behind. An empty chunk is left out.
  func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault)
  /// Brings to its place what was written, for whoever reads it while more is to come.
  func flush() throws(StreamFault)
  /// The stream is all there, and the device was left in this state.
  ///
  /// - Parameter onDigest: called now and then with how many bytes the digest is still to be made of, which can take a
  ///   while behind a fast device; false gives up, which is a fault.
  func finish(
    finalState: State?, onDigest: (_ left: UInt64) -> Bool
  ) throws(StreamFault) -> StreamSummary
  /// The stream won't be finished.
  func abandon()
  /// Lets others end the wait for whoever takes the stream; nil when there is none.
  var wait: StreamWait? { get }
}

extension StreamWriter {
  /// A whole chunk.
  public func chunk(_ bytes: RawSpan) throws(StreamFault) { try chunk(bytes, left: 0) }

  /// All that was written is in its place.
  public func flush() {}

  /// Nobody is waited for.
  public var wait: StreamWait? { nil }

  /// The stream is all there, and the device was left in this state.
  public func finish(finalState: State?) throws(StreamFault) -> StreamSummary {
    try finish(finalState: finalState) { _ in true }
  }
}

/// Keeps count for a writer.
struct StreamTally {
  private let clock: @Sendable () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private(set) var summary = StreamSummary()
  /// Bytes of the chunk that has not ended.
  private var begun = 0
  private let digest: StreamDigest?

  /// - Parameter start: where in the sink the bytes begin that are counted: frames, or a device's plain bytes.
  init(
    checksums: Checksums, in sink: any ByteSink, from start: Int, framed: Bool,
    clock: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.clock = clock
    self.start = clock()
    summary.checksums = checksums
    digest = checksums == .sha256 ? StreamDigest(of: sink, from: UInt64(start), framed: framed) : nil
  }

  /// - Returns: when the phase began, from the start.
  mutating func begin(phase: State) -> Duration {
    // Whole microseconds: what the file keeps.
    let time = Duration.microseconds(Int64((clock() - start) / .microseconds(1)))
    summary.begin(phase: phase.name, at: time)
    return time
  }

  /// Counts what has been written of a chunk, and adds it to the digest.
  mutating func add(_ bytes: RawSpan, left: Int) {
    begun += bytes.byteCount
    digest?.add(bytes)
    guard left == 0 else { return }
    summary.add(chunk: begun)
    begun = 0
  }

  /// Called when the sink has been flushed.
  ///
  /// - Returns: the digest; zeros when there is none.
  mutating func finish(_ finalState: State?, _ onDigest: (UInt64) -> Bool) throws(StreamFault) -> [UInt8] {
    let sha256 = try digest?.finish(onDigest)
    summary.sha256 = sha256?.hexadecimal ?? ""
    summary.finalState = finalState?.name
    summary.isComplete = true
    return sha256 ?? [UInt8](repeating: 0, count: SHA256.size)
  }
}

/// The SHA-256 of what is written.
private enum StreamDigest {
  /// Made from the file.
  case following(FollowingDigest)
  /// Made from the bytes on their way, which nobody can read again.
  case beside(SideDigest)

  init(of sink: any ByteSink, from start: UInt64, framed: Bool) {
    if let written = (sink as? FileSink)?.written,
      let digest = try? FollowingDigest(written, from: start, framed: framed)
    {
      self = .following(digest)
    } else {
      self = .beside(SideDigest())
    }
  }

  func add(_ bytes: RawSpan) {
    switch self {
    case .following(let digest): digest.follow()
    case .beside(let digest): digest.add(bytes)
    }
  }

  func finish(_ onDigest: (UInt64) -> Bool) throws(StreamFault) -> [UInt8] {
    switch self {
    case .following(let digest): try digest.finish(onDigest)
    case .beside(let digest): digest.finish()
    }
  }
}

/// Writes the device's bytes and nothing else: no phases, no chunks, no checksums in the file.
public final class RawStreamWriter: StreamWriter {
  private let sink: any ByteSink
  private var tally: StreamTally

  /// A writer of plain bytes. With `digest` the summary has a SHA-256.
  public init(_ sink: any ByteSink, digest: Bool = true) {
    self.sink = sink
    tally = StreamTally(checksums: digest ? .sha256 : .none, in: sink, from: 0, framed: false, clock: { .now })
  }

  /// The sink's.
  public var wait: StreamWait? { sink.wait }

  /// Kept for the summary only.
  public func begin(phase: State) {
    _ = tally.begin(phase: phase)
  }

  /// Writes the bytes.
  public func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    if bytes.isEmpty { return }
    try sink.write(bytes)
    tally.add(bytes, left: left)
  }

  /// Flushes the sink.
  public func flush() throws(StreamFault) {
    try sink.flush()
  }

  /// Finishes the sink.
  public func finish(finalState: State?, onDigest: (UInt64) -> Bool) throws(StreamFault) -> StreamSummary {
    try sink.flush()
    _ = try tally.finish(finalState, onDigest)
    try sink.finish()
    return tally.summary
  }

  /// Abandons the sink.
  public func abandon() {
    sink.abandon()
  }
}
