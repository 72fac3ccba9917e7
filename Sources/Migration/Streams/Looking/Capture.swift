import Glibc
import VFIO

/// A saved stream to look into: a stream file, or a file of plain bytes.
///
/// The offsets are those of the device's data, as if they lay in one piece. Of a stream file that is cut or altered, the
/// good part up to the fault is there. However long the stream is, little of it is in memory.
public final class Capture: ByteSource {
  /// One chunk, as the device gave it.
  public struct Chunk: StreamItem, Equatable {
    /// Where it begins in the data.
    public let start: UInt64
    /// Its bytes.
    public let count: Int
    /// Where its bytes begin in the file.
    let fileOffset: UInt64
  }

  /// The file, as it was named.
  public let path: String
  /// Bytes of the file when it was opened.
  public let fileSize: UInt64
  /// What ends a stream file too early; nil when it is good as far as it has been walked.
  public private(set) var fault: StreamFault?
  /// Whether the file has been walked to its end or to its fault.
  public private(set) var isWalked: Bool

  private let descriptor: StreamDescriptor
  private let reader: StreamFileReader?
  private let list: SparseList<ChunkFrames>
  /// The chunk that was read from last.
  private var here: (index: Int, chunk: Chunk)?

  /// Opens a file and walks it once, which checks a stream file from its start to its end.
  ///
  /// - Parameter asPlainBytes: takes a stream file, too, as the bytes it is made of.
  /// - Throws: a fault when there is nothing to look at: no file, a pipe, a stream file whose start is not good.
  public convenience init(path: String, asPlainBytes: Bool = false) throws(StreamFault) {
    try self.init(opening: path, asPlainBytes: asPlainBytes)
    while try !walk() {}
  }

  /// Opens a file and looks at its start alone: ``walk(bytes:)`` finds the data of a stream file.
  public init(opening path: String, asPlainBytes: Bool = false) throws(StreamFault) {
    self.path = path
    guard path != "-" else { throw StreamFault("standard input", .refused, Self.needsFile) }
    // Opening a pipe would wait for its writer.
    descriptor = try StreamDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status()
    if status.st_mode & S_IFMT == S_IFDIR { throw StreamFault(path, .refused, "is a folder") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StreamFault(path, .refused, Self.needsFile) }
    fileSize = UInt64(status.st_size)
    let start = try descriptor.bytes(at: 0, count: StreamFile.magic.count)
    isWalked = !StreamFile.begins(with: start) || asPlainBytes
    reader = isWalked ? nil : try StreamFileReader(descriptor)
    list = SparseList(isWalked ? ChunkFrames(descriptor, plainBytes: fileSize) : ChunkFrames(descriptor))
    if isWalked { try list.advance() }
  }

  private static let needsFile = "is read more than once, so it has to be a plain file"

  /// Checks the next part of a stream file, `bytes` of it and the rest of a chunk. What is good in it is then there.
  ///
  /// - Returns: whether the file has been walked to its end or to its fault.
  /// - Throws: when the file can't be read.
  public func walk(bytes: UInt64 = 8 << 20) throws(StreamFault) -> Bool {
    guard let reader, !isWalked else { return true }
    let end = reader.position + bytes
    do throws(StreamFault) {
      while !isWalked, reader.position < end { isWalked = try reader.check() == nil }
    } catch {
      isWalked = true
      if error.errno != nil { throw error }
      fault = error
    }
    try list.advance(until: Int(summary.chunks))
    return isWalked
  }

  /// Bytes of the file that have been walked.
  public var walkedBytes: UInt64 { reader?.position ?? fileSize }
  /// Where the stream comes from; nil for plain bytes.
  public var identity: StreamIdentity? { reader?.identity }
  /// What a stream file says, as far as it has been walked; for plain bytes, only their number.
  public var summary: StreamSummary { reader?.summary ?? StreamSummary(bytes: fileSize, isComplete: true) }
  /// Bytes of the data, as far as the file has been walked.
  public var count: UInt64 { summary.bytes }
  /// Chunks of a stream file; 1 for all plain bytes.
  public var chunkCount: Int { list.count }

  /// The bytes at this offset of the data.
  ///
  /// - Throws: also when the file has become shorter meanwhile.
  public func read(at offset: UInt64, count: Int) throws(StreamFault) -> [UInt8] {
    var bytes: [UInt8] = []
    let total = self.count
    guard offset < total, count > 0 else { return bytes }
    let wanted = Int(min(UInt64(count), total - offset))
    bytes.reserveCapacity(wanted)
    while bytes.count < wanted {
      let place = offset + UInt64(bytes.count)
      guard let (_, chunk) = try chunk(at: place) else { break }
      let skipped = Int(place - chunk.start)
      let part = min(wanted - bytes.count, chunk.count - skipped)
      bytes += try descriptor.bytes(at: chunk.fileOffset + UInt64(skipped), count: part, all: true)
    }
    return bytes
  }

  /// The chunks from this number on, `count` of them or as many as there are.
  public func chunks(from first: Int, count: Int) throws(StreamFault) -> [Chunk] {
    try list.items(from: first, count: count)
  }

  /// The chunk that holds the byte at this offset, and its number; nil when there is no such byte.
  public func chunk(at offset: UInt64) throws(StreamFault) -> (index: Int, chunk: Chunk)? {
    guard offset < count else { return nil }
    if let here, here.chunk.holds(offset) { return here }
    if let here, let next = try list.items(from: here.index + 1, count: 1).first, next.holds(offset) {
      self.here = (here.index + 1, next)
    } else {
      here = try list.last(at: offset).map { ($0.index, $0.item) }
      // The file may have been changed under us.
      guard here?.chunk.holds(offset) == true else {
        throw StreamFault(path, .altered, "the file has been changed while it was read")
      }
    }
    return here
  }

  /// The name of the state that the chunk with this number was saved in, when that is known.
  public func phase(ofChunk index: Int) -> String? {
    var end: UInt64 = 0
    for phase in summary.phases {
      end += phase.chunks
      if UInt64(index) < end { return phase.state }
    }
    return nil
  }

  /// The SHA-256 of the data; reads them all.
  public func sha256() throws(StreamFault) -> String {
    var sha = SHA256()
    var offset: UInt64 = 0
    while offset < count {
      let bytes = try read(at: offset, count: 1 << 20)
      sha.update(bytes.span.bytes)
      offset += UInt64(bytes.count)
    }
    return sha.finish()
  }
}

extension Capture.Chunk {
  func holds(_ offset: UInt64) -> Bool { offset >= start && offset - start < UInt64(count) }
}
