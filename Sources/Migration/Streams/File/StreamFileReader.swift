import Glibc
import VFIO

/// What comes next in a stream.
public enum StreamPiece: Sendable, Equatable {
  /// The chunks that follow were saved in the state of this name.
  case phase(String)
  /// A chunk of so many bytes.
  case chunk(Int)
}

/// Reads a stream file from its start to its end, and checks each frame before it gives away the last of it.
public final class StreamFileReader {
  /// Where the stream comes from.
  public let identity: StreamIdentity
  /// What has been read so far.
  public private(set) var summary = StreamSummary()

  private let source: FrameSource
  private var scratch: [UInt8] = []
  /// The chunk of which some parts are still to come.
  private var open: OpenChunk?
  /// More phases, or a longer name, only a made-up file has.
  private static let phaseLimit = (count: 4096, name: 256)
  /// Nil when there is nothing to compare it with, and when it was compared before.
  private let sideDigest: SideDigest?
  /// The digest of the frames' heads when the file was checked; nil when it is read for the first time.
  private let checkedHeads: [UInt8]?
  /// Bytes of all chunks, when the file was checked.
  public private(set) var total: UInt64?

  /// Opens a stream file, or takes the standard input for `-`, and reads the head and the identity.
  public convenience init(path: String) throws(StreamFault) {
    try self.init(StreamDescriptor(reading: path))
  }

  /// Reads a file once from end to end and compares everything that can be compared, then begins again at its start.
  ///
  /// The second time each chunk's checksum is compared before the last part of it is given away, and at the end that the chunks were
  /// the same: a file may change while it is used. The file stays open, so that it can't be replaced.
  public convenience init(checking path: String) throws(StreamFault) {
    let descriptor = try StreamDescriptor(opening: path, O_RDONLY)
    let first = try StreamFileReader(descriptor)
    try first.readAll()
    try descriptor.rewind()
    try self.init(descriptor, checkedHeads: first.source.heads.digest())
    total = first.summary.bytes
  }

  init(_ descriptor: StreamDescriptor, checkedHeads: [UInt8]? = nil) throws(StreamFault) {
    source = FrameSource(descriptor)
    self.checkedHeads = checkedHeads
    try source.readHead()
    guard let frame = try source.nextFrame() else { throw source.cut() }
    guard frame.kind == .identity else { throw source.fault(.altered, "the first frame is not the identity") }
    guard let found = IdentityFrame(payload: try source.payload(of: frame)) else {
      throw source.fault(.altered, "the identity can't be understood")
    }
    identity = found.identity
    summary.checksums = found.checksums
    sideDigest = found.checksums == .sha256 && checkedHeads == nil ? SideDigest() : nil
  }

  /// The wait for whoever gives the stream; nil when it is a file.
  public var wait: StreamWait? { source.wait }

  /// Reads on to the next chunk, or to the next part of a long one: a chunk can be as long as 1 GiB. Phases are passed
  /// over. `buffer` grows to the longest part and is to be given back each time.
  ///
  /// - Returns: the part; nil after a good trailer. The last part of a chunk is only given when the chunk's checksum fits.
  /// - Throws: a fault with the byte offset; of kind `unfinished` when the file ends before its trailer.
  public func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    while open == nil {
      switch try nextFrame() {
      case nil: return nil
      case .phase: break
      case .chunk(let chunk): open = chunk
      }
    }
    return try readPart(into: &buffer)
  }

  /// Reads on to the next phase or chunk and checks it, without keeping the bytes.
  func check() throws(StreamFault) -> StreamPiece? {
    switch try nextFrame() {
    case nil: return nil
    case .phase(let name): return .phase(name)
    case .chunk(let chunk):
      open = chunk
      while open != nil { _ = try readPart(into: &scratch) }
      return .chunk(Int(chunk.frame.length))
    }
  }

  /// Bytes of the file that have been read.
  var position: UInt64 { source.position }

  private enum Found {
    case phase(String)
    case chunk(OpenChunk)
  }

  private func nextFrame() throws(StreamFault) -> Found? {
    while !summary.isComplete {
      guard let frame = try source.nextFrame() else { throw source.cut() }
      switch frame.kind {
      case .chunk, .longChunk:
        guard frame.length > 0 else { throw source.fault(.altered, "an empty chunk") }
        return .chunk(OpenChunk(frame))
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
    while try check() != nil {}
  }

  private func readPhase(_ frame: StreamFrame) throws(StreamFault) -> String {
    let payload = try source.payload(of: frame)
    guard let time: UInt64 = payload.little(at: 0), time <= UInt64(Int64.max) else {
      throw source.fault(.altered, "the phase can't be understood")
    }
    guard summary.phases.count < Self.phaseLimit.count, payload.count - 8 <= Self.phaseLimit.name else {
      throw source.fault(.altered, "more phases, or a longer name of one, than there can be")
    }
    let name = String(decoding: payload[8...], as: UTF8.self)
    summary.begin(phase: name, at: .microseconds(Int64(time)))
    return name
  }

  private func readPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    guard var chunk = open else { return nil }
    let count = min(chunk.left, ChunkPart.limit)
    guard try source.read(count, into: &buffer) else { throw source.cut() }
    chunk.left -= count
    if summary.checksums != .none {
      let bytes = buffer.span.bytes.extracting(0..<count)
      if let sideDigest { sideDigest.add(bytes, updating: &chunk.checksum) } else { chunk.checksum.update(bytes) }
    }
    open = chunk.left > 0 ? chunk : nil
    if chunk.left == 0 { try close(chunk) }
    return PlacedPart(place: 0..<count, left: chunk.left)
  }

  private func close(_ chunk: OpenChunk) throws(StreamFault) {
    let frame = try source.ending(chunk.frame)
    if summary.checksums != .none { try source.check(frame, chunk.checksum) }
    summary.add(chunk: Int(frame.length))
    source.soFar = summary.extent
  }

  private func readTrailer(_ frame: StreamFrame) throws(StreamFault) {
    guard let trailer = TrailerFrame(payload: try source.payload(of: frame)) else {
      throw source.fault(.altered, "the trailer can't be understood")
    }
    guard trailer.extent == summary.extent else {
      throw source.fault(.altered, "the trailer says \(trailer.extent); what is there is \(summary.extent)")
    }
    guard sideDigest == nil || trailer.sha256 == sideDigest?.finish() else {
      throw source.fault(.altered, "the SHA-256 of the trailer is not that of the chunks")
    }
    guard checkedHeads == nil || checkedHeads == source.heads.digest() else {
      throw source.fault(.altered, "the file has changed since it was checked")
    }
    guard try source.isAtEnd() else { throw source.fault(.altered, "more bytes behind the trailer") }
    summary.sha256 = summary.checksums == .sha256 ? trailer.sha256.hexadecimal : ""
    summary.finalState = trailer.finalState.isEmpty ? nil : trailer.finalState
    summary.isComplete = true
  }
}

/// A chunk that is being read.
private struct OpenChunk {
  let frame: StreamFrame
  /// Bytes that are still to come.
  var left: Int
  /// Of those that have come.
  var checksum = CRC32C()

  init(_ frame: StreamFrame) {
    self.frame = frame
    left = Int(frame.length)
  }
}
