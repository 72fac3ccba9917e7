import Glibc
import VFIO

/// A saved stream to look into: a stream file, or a file of plain bytes.
///
/// The offsets are those of the device's data, as if they lay in one piece. Of a stream file that is cut or altered, the
/// good part up to the fault is there.
public final class Capture: ByteSource {
  /// One chunk, as the device gave it.
  public struct Chunk: Sendable, Equatable {
    /// Where it begins in the data.
    public let start: UInt64
    /// Its bytes.
    public let count: Int
    /// Where its bytes begin in the file.
    let fileOffset: UInt64
  }

  /// The file, as it was named.
  public let path: String
  /// Where the stream comes from; nil for plain bytes.
  public let identity: StreamIdentity?
  /// What a stream file says; for plain bytes, only their number.
  public let summary: StreamSummary
  /// The chunks of a stream file; one for all plain bytes.
  public let chunks: [Chunk]
  /// What ends a stream file too early; nil when it is good to its end.
  public let fault: StreamFault?
  private let descriptor: StreamDescriptor

  /// Opens a file and walks it once, which checks a stream file from its start to its end.
  ///
  /// - Parameter asPlainBytes: takes a stream file, too, as the bytes it is made of.
  /// - Throws: a fault when there is nothing to look at: no file, a pipe, a stream file whose start is not good.
  public init(path: String, asPlainBytes: Bool = false) throws(StreamFault) {
    self.path = path
    guard path != "-" else { throw StreamFault("standard input", .refused, Self.needsFile) }
    // Opening a pipe would wait for its writer.
    descriptor = try StreamDescriptor(opening: path, O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status()
    if status.st_mode & S_IFMT == S_IFDIR { throw StreamFault(path, .refused, "is a folder") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StreamFault(path, .refused, Self.needsFile) }
    let start = try descriptor.bytes(at: 0, count: StreamFile.magic.count)
    guard start == StreamFile.magic, !asPlainBytes else {
      let count = UInt64(status.st_size)
      identity = nil
      summary = StreamSummary(bytes: count, isComplete: true)
      chunks = count == 0 ? [] : [Chunk(start: 0, count: Int(count), fileOffset: 0)]
      fault = nil
      return
    }
    let reader = try StreamFileReader(descriptor)
    (chunks, fault) = try Self.chunks(reader)
    identity = reader.identity
    summary = reader.summary
  }

  private static let needsFile = "is read more than once, so it has to be a plain file"

  private static func chunks(_ reader: StreamFileReader) throws(StreamFault) -> ([Chunk], StreamFault?) {
    var chunks: [Chunk] = []
    var buffer: [UInt8] = []
    do throws(StreamFault) {
      while let piece = try reader.next(into: &buffer) {
        guard case .chunk(let count) = piece else { continue }
        let start = reader.summary.bytes - UInt64(count)
        chunks.append(Chunk(start: start, count: count, fileOffset: reader.chunkOffset))
      }
      return (chunks, nil)
    } catch {
      if error.errno != nil { throw error }
      return (chunks, error)
    }
  }

  /// Bytes of the data.
  public var count: UInt64 { summary.bytes }

  /// The bytes at this offset of the data.
  ///
  /// - Throws: also when the file has become shorter meanwhile.
  public func read(at offset: UInt64, count: Int) throws(StreamFault) -> [UInt8] {
    var bytes: [UInt8] = []
    guard offset < self.count, count > 0 else { return bytes }
    let wanted = Int(min(UInt64(count), self.count - offset))
    bytes.reserveCapacity(wanted)
    var index = chunkIndex(at: offset)
    while bytes.count < wanted {
      let chunk = chunks[index]
      let skipped = offset + UInt64(bytes.count) - chunk.start
      let part = min(wanted - bytes.count, chunk.count - Int(skipped))
      bytes += try descriptor.bytes(at: chunk.fileOffset + skipped, count: part, all: true)
      index += 1
    }
    return bytes
  }

  /// The number of the chunk that holds the byte at this offset, which must be in the data.
  public func chunkIndex(at offset: UInt64) -> Int {
    var low = 0
    var high = chunks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if chunks[middle].start <= offset { low = middle } else { high = middle }
    }
    return low
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

extension StreamDescriptor {
  /// The bytes at this offset of the file; fewer at its end, unless `all` of them have to be there.
  fileprivate func bytes(at offset: UInt64, count: Int, all: Bool = false) throws(StreamFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var fault: StreamFault?
    let got = bytes.withUnsafeMutableBytes { buffer in
      do throws(StreamFault) {
        return try read(into: buffer, at: offset)
      } catch {
        fault = error
        return 0
      }
    }
    if let fault { throw fault }
    if all && got < count {
      throw StreamFault(name, at: offset + UInt64(got), .altered, "the file has become shorter while it was read")
    }
    bytes.removeLast(count - got)
    return bytes
  }
}
