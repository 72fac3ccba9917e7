import VFIO

/// What comes next in a stream.
public enum StreamPiece: Sendable, Equatable {
  /// The chunks that follow were saved in the state of this name.
  case phase(String)
  /// A chunk of so many bytes.
  case chunk(Int)
}

/// Reads a stream file from its start to its end, and checks each frame before it gives it away.
public final class StreamFileReader {
  /// Where the stream comes from.
  public let identity: StreamIdentity
  /// What has been read so far.
  public private(set) var summary = StreamSummary()
  /// Where the last chunk's bytes begin in the file.
  private(set) var chunkOffset: UInt64 = 0

  private let source: FrameSource
  private let hasChecksums: Bool
  private var sha256 = SHA256()

  /// Opens a stream file, or takes the standard input for `-`, and reads the head and the identity.
  public convenience init(path: String) throws(StreamFault) {
    try self.init(StreamDescriptor(reading: path))
  }

  init(_ descriptor: StreamDescriptor) throws(StreamFault) {
    source = FrameSource(descriptor)
    try source.readHead()
    guard let frame = try source.nextFrame() else { throw source.cut() }
    guard frame.kind == .identity else { throw source.fault(.altered, "the first frame is not the identity") }
    guard let found = IdentityFrame(payload: try source.payload(of: frame)) else {
      throw source.fault(.altered, "the identity can't be understood")
    }
    identity = found.identity
    hasChecksums = found.hasChecksums
  }

  /// Reads on to the next phase or chunk. `buffer` grows to the longest chunk and is to be given back each time.
  ///
  /// - Returns: the piece, whose bytes, of a chunk, are the first of `buffer`; nil after a good trailer.
  /// - Throws: a fault with the byte offset; of kind `unfinished` when the file ends before its trailer.
  public func next(into buffer: inout [UInt8]) throws(StreamFault) -> StreamPiece? {
    while !summary.isComplete {
      guard let frame = try source.nextFrame() else { throw source.cut() }
      switch frame.kind {
      case .chunk: return .chunk(try readChunk(frame, into: &buffer))
      case .phase: return .phase(try readPhase(frame))
      case .trailer: try readTrailer(frame)
      case .identity: throw source.fault(.altered, "a second identity")
      case nil: _ = try source.payload(of: frame)
      }
    }
    return nil
  }

  /// Reads on to the end.
  func readAll() throws(StreamFault) {
    var buffer: [UInt8] = []
    while try next(into: &buffer) != nil {}
  }

  private func readPhase(_ frame: StreamFrame) throws(StreamFault) -> String {
    let payload = try source.payload(of: frame)
    guard let time: UInt64 = payload.little(at: 0), time <= UInt64(Int64.max) else {
      throw source.fault(.altered, "the phase can't be understood")
    }
    let name = String(decoding: payload[8...], as: UTF8.self)
    summary.begin(phase: name, at: .microseconds(Int64(time)))
    return name
  }

  private func readChunk(_ frame: StreamFrame, into buffer: inout [UInt8]) throws(StreamFault) -> Int {
    let count = Int(frame.length)
    guard count > 0 else { throw source.fault(.altered, "an empty chunk") }
    let offset = source.position
    guard try source.read(count, into: &buffer) else { throw source.cut() }
    let bytes = buffer.span.bytes.extracting(0..<count)
    if hasChecksums {
      try source.check(frame, bytes)
      sha256.update(bytes)
    }
    chunkOffset = offset
    summary.add(chunk: count)
    source.soFar = summary.extent
    return count
  }

  private func readTrailer(_ frame: StreamFrame) throws(StreamFault) {
    guard let trailer = TrailerFrame(payload: try source.payload(of: frame)) else {
      throw source.fault(.altered, "the trailer can't be understood")
    }
    guard trailer.extent == summary.extent else {
      throw source.fault(.altered, "the trailer says \(trailer.extent); what is there is \(summary.extent)")
    }
    guard !hasChecksums || trailer.sha256 == sha256.digest() else {
      throw source.fault(.altered, "the SHA-256 of the trailer is not that of the chunks")
    }
    guard try source.isAtEnd() else { throw source.fault(.altered, "more bytes behind the trailer") }
    summary.sha256 = hasChecksums ? trailer.sha256.hexadecimal : ""
    summary.finalState = trailer.finalState.isEmpty ? nil : trailer.finalState
    summary.isComplete = true
  }
}
