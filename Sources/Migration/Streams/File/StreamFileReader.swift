import Glibc
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

  private let source: FrameSource
  private var scratch: [UInt8] = []
  /// Bytes of a chunk that are checked at once.
  private static let window = 256 << 10
  /// More phases, or a longer name, only a made-up file has.
  private static let phaseLimit = (count: 4096, name: 256)
  /// Nil when there is nothing to compare it with, and when it was compared before.
  private let sideDigest: SideDigest?
  /// The digest of the frames' heads when the file was checked; nil when it is read for the first time.
  private let checkedHeads: [UInt8]?

  /// Opens a stream file, or takes the standard input for `-`, and reads the head and the identity.
  public convenience init(path: String) throws(StreamFault) {
    try self.init(StreamDescriptor(reading: path))
  }

  /// Reads a file once from end to end and compares everything that can be compared, then begins again at its start.
  ///
  /// The second time each chunk's checksum is compared before the chunk is given away, and at the end that the chunks were
  /// the same: a file may change while it is used. The file stays open, so that it can't be replaced.
  public convenience init(checking path: String) throws(StreamFault) {
    let descriptor = try StreamDescriptor(opening: path, O_RDONLY)
    let first = try StreamFileReader(descriptor)
    try first.readAll()
    try descriptor.rewind()
    try self.init(descriptor, checkedHeads: first.source.heads.digest())
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

  /// Reads on to the next phase or chunk. `buffer` grows to the longest chunk and is to be given back each time.
  ///
  /// - Returns: the piece, whose bytes, of a chunk, are the first of `buffer`; nil after a good trailer.
  /// - Throws: a fault with the byte offset; of kind `unfinished` when the file ends before its trailer.
  public func next(into buffer: inout [UInt8]) throws(StreamFault) -> StreamPiece? {
    try next { (frame) throws(StreamFault) in try readChunk(frame, into: &buffer) }
  }

  /// The same without keeping the bytes: a chunk can be as long as 1 GiB.
  func check() throws(StreamFault) -> StreamPiece? {
    try next { (frame) throws(StreamFault) in try checkChunk(frame) }
  }

  /// Bytes of the file that have been read.
  var position: UInt64 { source.position }

  private func next(_ takeChunk: (StreamFrame) throws(StreamFault) -> Void) throws(StreamFault) -> StreamPiece? {
    while !summary.isComplete {
      guard let frame = try source.nextFrame() else { throw source.cut() }
      switch frame.kind {
      case .chunk, .longChunk: return .chunk(try take(frame, takeChunk))
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

  private func take(
    _ frame: StreamFrame, _ takeChunk: (StreamFrame) throws(StreamFault) -> Void
  ) throws(StreamFault) -> Int {
    guard frame.length > 0 else { throw source.fault(.altered, "an empty chunk") }
    try takeChunk(frame)
    summary.add(chunk: Int(frame.length))
    source.soFar = summary.extent
    return Int(frame.length)
  }

  private func readChunk(_ frame: StreamFrame, into buffer: inout [UInt8]) throws(StreamFault) {
    let count = Int(frame.length)
    guard try source.read(count, into: &buffer) else { throw source.cut() }
    let frame = try source.ending(frame)
    guard summary.checksums != .none else { return }
    let bytes = buffer.span.bytes.extracting(0..<count)
    try source.check(frame, sideDigest?.add(bytes) ?? CRC32C(bytes))
  }

  private func checkChunk(_ frame: StreamFrame) throws(StreamFault) {
    var (left, checksum) = (Int(frame.length), CRC32C())
    while left > 0 {
      let count = min(left, Self.window)
      guard try source.read(count, into: &scratch) else { throw source.cut() }
      left -= count
      guard summary.checksums != .none else { continue }
      let bytes = scratch.span.bytes.extracting(0..<count)
      if let sideDigest { sideDigest.add(bytes, updating: &checksum) } else { checksum.update(bytes) }
    }
    let frame = try source.ending(frame)
    if summary.checksums != .none { try source.check(frame, checksum) }
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
