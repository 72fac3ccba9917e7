/// What is in a stream, so far or as a whole.
public struct StreamSummary: Sendable, Equatable {
  /// The chunks of one state.
  public struct Phase: Sendable, Equatable {
    /// The name of the state.
    public let state: String
    /// Bytes of the chunks.
    public var bytes: UInt64
    /// Number of chunks.
    public var chunks: UInt64
    /// When it began, from the start of the stream.
    public let start: Duration
  }

  /// Bytes of all chunks.
  public var bytes: UInt64 = 0
  /// Number of chunks.
  public var chunks: UInt64 = 0
  /// What was made of the bytes.
  public var checksums = Checksums.none
  /// The SHA-256 of all chunks together, 64 hexadecimal digits; empty when none was made.
  public var sha256 = ""
  /// The name of the state the device was left in, when that is known.
  public var finalState: String?
  /// The phases, in their order.
  public var phases: [Phase] = []
  /// Bytes of the longest chunk.
  public var largestChunk = 0
  /// Whether the stream has come to its end.
  public var isComplete = false

  var extent: StreamExtent { StreamExtent(bytes: bytes, chunks: chunks) }

  mutating func begin(phase state: String, at start: Duration) {
    phases.append(Phase(state: state, bytes: 0, chunks: 0, start: start))
  }

  mutating func add(chunk count: Int) {
    bytes += UInt64(count)
    chunks += 1
    largestChunk = max(largestChunk, count)
    if !phases.isEmpty {
      phases[phases.count - 1].bytes += UInt64(count)
      phases[phases.count - 1].chunks += 1
    }
  }
}

/// How much there is of a stream.
struct StreamExtent: Equatable, CustomStringConvertible {
  var bytes: UInt64 = 0
  var chunks: UInt64 = 0

  /// `3 bytes in 1 chunk`.
  var description: String { "\(counted(bytes, "byte")) in \(counted(chunks, "chunk"))" }
}
