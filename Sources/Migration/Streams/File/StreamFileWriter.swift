import VFIO

/// Writes a stream file: `StreamFile` says what is in it.
public final class StreamFileWriter: StreamWriter {
  private let sink: any ByteSink
  private var tally: StreamTally
  /// The checksum of the long chunk of which some parts are still to come.
  private var long: CRC32C?

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

  /// The sink's.
  public var wait: StreamWait? { sink.wait }

  /// Writes a phase frame, and flushes the sink.
  public func begin(phase: State) throws(StreamFault) {
    let time = tally.begin(phase: phase)
    var payload: [UInt8] = []
    payload.append(little: UInt64(time / .microseconds(1)))
    try write(.phase, payload + Array(phase.name.utf8))
    try sink.flush()
  }

  /// Writes a chunk, or a part of one, without copying it.
  public func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    if bytes.isEmpty { return }
    if left > 0 || long != nil {
      try part(bytes, left: left)
    } else {
      let head = try head(.chunk, length: bytes.byteCount, checksum: checksummed ? CRC32C(bytes).value : 0)
      try sink.write(head.span.bytes, bytes)
    }
    tally.add(bytes, left: left)
  }

  private func part(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    if long == nil {
      try sink.write(try head(.longChunk, length: bytes.byteCount + left, checksum: 0).span.bytes, bytes)
    } else {
      try sink.write(bytes)
    }
    var checksum = long ?? CRC32C()
    if checksummed { checksum.update(bytes) }
    long = left > 0 ? checksum : nil
    guard left == 0 else { return }
    let end: InlineArray = [checksummed ? checksum.value.littleEndian : 0]
    try sink.write(end.span.bytes)
  }

  private var checksummed: Bool { tally.summary.checksums != .none }

  private func head(
    _ kind: StreamFrame.Kind, length: Int, checksum: UInt32
  ) throws(StreamFault) -> InlineArray<4, UInt32> {
    guard length <= StreamFrame.chunkLimit else {
      throw StreamFault("chunk", .refused, "\(length) bytes are more than a stream file's chunk can hold")
    }
    return StreamFrame(kind, length: length, checksum: checksum).head
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
