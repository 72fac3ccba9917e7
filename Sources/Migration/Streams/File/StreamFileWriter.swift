import VFIO

/// Writes a stream file: `StreamFile` says what is in it.
public final class StreamFileWriter: StreamWriter {
  private let sink: any ByteSink
  private let hasChecksums: Bool
  private var tally: StreamTally

  /// Writes the head and the identity.
  ///
  /// - Parameter checksums: whether chunks have a CRC-32C each and the whole a SHA-256. Without them a chunk that was
  ///   altered later goes unseen.
  public convenience init(
    _ sink: any ByteSink, identity: StreamIdentity, checksums: Bool = true
  ) throws(StreamFault) {
    try self.init(sink, identity: identity, checksums: checksums, clock: { .now })
  }

  init(
    _ sink: any ByteSink, identity: StreamIdentity, checksums: Bool,
    clock: @escaping @Sendable () -> ContinuousClock.Instant
  ) throws(StreamFault) {
    self.sink = sink
    hasChecksums = checksums
    tally = StreamTally(checksums: checksums, clock: clock)
    try sink.write(StreamFile.head.span.bytes)
    try write(.identity, IdentityFrame(identity, hasChecksums: checksums).payload)
  }

  /// Writes a phase frame.
  public func begin(phase: State) throws(StreamFault) {
    let time = tally.begin(phase: phase)
    var payload: [UInt8] = []
    payload.append(little: UInt64(time / .microseconds(1)))
    try write(.phase, payload + Array(phase.name.utf8))
  }

  /// Writes a chunk, without copying it.
  public func chunk(_ bytes: RawSpan) throws(StreamFault) {
    if bytes.isEmpty { return }
    guard bytes.byteCount <= StreamFrame.chunkLimit else {
      throw StreamFault("chunk", .refused, "\(bytes.byteCount) bytes are more than a stream file's chunk can hold")
    }
    let checksum = hasChecksums ? CRC32C(bytes).value : 0
    let frame = StreamFrame(.chunk, length: bytes.byteCount, checksum: checksum)
    tally.add(bytes)
    try sink.write(frame.head.span.bytes, bytes)
  }

  /// Writes the trailer and finishes the sink.
  public func finish(finalState: State?) throws(StreamFault) -> StreamSummary {
    let digest = tally.finish(finalState)
    let trailer = TrailerFrame(
      bytes: tally.summary.bytes, chunks: tally.summary.chunks, sha256: digest, finalState: finalState?.name ?? "")
    try write(.trailer, trailer.payload)
    try sink.finish()
    return tally.summary
  }

  /// Abandons the sink.
  public func abandon() {
    sink.abandon()
  }

  private func write(_ kind: StreamFrame.Kind, _ payload: [UInt8]) throws(StreamFault) {
    let frame = StreamFrame(kind, length: payload.count, checksum: CRC32C(payload.span.bytes).value)
    try sink.write(frame.head.span.bytes, payload.span.bytes)
  }
}

/// The trailer's payload.
struct TrailerFrame: Equatable {
  var bytes: UInt64
  var chunks: UInt64
  var sha256: [UInt8]
  var finalState: String

  init(bytes: UInt64, chunks: UInt64, sha256: [UInt8], finalState: String) {
    self.bytes = bytes
    self.chunks = chunks
    self.sha256 = sha256
    self.finalState = finalState
  }

  /// Reads a payload; nil when it is too short.
  init?(payload: [UInt8]) {
    guard let bytes: UInt64 = payload.little(at: 0), let chunks: UInt64 = payload.little(at: 8),
      payload.count >= 16 + SHA256.size
    else { return nil }
    self.init(
      bytes: bytes, chunks: chunks, sha256: Array(payload[16..<(16 + SHA256.size)]),
      finalState: String(decoding: payload[(16 + SHA256.size)...], as: UTF8.self))
  }

  var payload: [UInt8] {
    var payload: [UInt8] = []
    payload.append(little: bytes)
    payload.append(little: chunks)
    return payload + sha256 + Array(finalState.utf8)
  }
}
