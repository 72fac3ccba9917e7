import VFIO

/// Writes a stream file: `StreamFile` says what is in it.
public final class StreamFileWriter: StreamWriter {
  private let sink: any ByteSink
  private var tally: StreamTally

  /// Writes the head and the identity.
  public convenience init(
    _ sink: any ByteSink, identity: StreamIdentity, checksums: Checksums = .sha256
  ) throws(StreamFault) {
    try self.init(sink, identity: identity, checksums: checksums, clock: { .now })
  }

  init(
    _ sink: any ByteSink, identity: StreamIdentity, checksums: Checksums,
    clock: @escaping @Sendable () -> ContinuousClock.Instant
  ) throws(StreamFault) {
    self.sink = sink
    tally = StreamTally(checksums: checksums, in: sink, from: StreamFile.headSize, framed: true, clock: clock)
    try sink.write(StreamFile.head.span.bytes)
    try write(.identity, IdentityFrame(identity, checksums).payload)
    try sink.flush()
  }

  /// Writes a phase frame, and flushes the sink.
  public func begin(phase: State) throws(StreamFault) {
    let time = tally.begin(phase: phase)
    var payload: [UInt8] = []
    payload.append(little: UInt64(time / .microseconds(1)))
    try write(.phase, payload + Array(phase.name.utf8))
    try sink.flush()
  }

  /// Writes a chunk, without copying it.
  public func chunk(_ bytes: RawSpan) throws(StreamFault) {
    if bytes.isEmpty { return }
    guard bytes.byteCount <= StreamFrame.chunkLimit else {
      throw StreamFault("chunk", .refused, "\(bytes.byteCount) bytes are more than a stream file's chunk can hold")
    }
    let checksum = tally.summary.checksums == .none ? 0 : CRC32C(bytes).value
    let head = StreamFrame(.chunk, length: bytes.byteCount, checksum: checksum).head
    try sink.write(head.span.bytes, bytes)
    tally.add(bytes)
  }

  /// Flushes the sink.
  public func flush() throws(StreamFault) {
    try sink.flush()
  }

  /// Writes the trailer and finishes the sink.
  public func finish(finalState: State?, onDigest: (UInt64) -> Bool) throws(StreamFault) -> StreamSummary {
    try sink.flush()
    let digest = try tally.finish(finalState, onDigest)
    let trailer = TrailerFrame(extent: tally.summary.extent, sha256: digest, finalState: finalState?.name ?? "")
    try write(.trailer, trailer.payload)
    try sink.finish()
    return tally.summary
  }

  /// Abandons the sink.
  public func abandon() {
    sink.abandon()
  }

  private func write(_ kind: StreamFrame.Kind, _ payload: [UInt8]) throws(StreamFault) {
    let head = StreamFrame(kind, length: payload.count, checksum: CRC32C(payload.span.bytes).value).head
    try sink.write(head.span.bytes, payload.span.bytes)
  }
}
