import Glibc
import VFIO

/// Reads a device's bytes as they are, in chunks of one size; the last one may be shorter.
public final class RawStreamReader: ChunkSource {
  private let source: FrameSource
  private let chunk: Int
  private var sha256 = SHA256()
  /// Set once all has come.
  public private(set) var digest: String?
  /// The first chunk, when it was looked at before it was asked for.
  private var first: [UInt8] = []

  /// Opens a file, or takes the standard input for `-`.
  ///
  /// - Parameter chunk: bytes of a chunk, one or more.
  public init(path: String, chunk: Int) throws(StreamFault) {
    source = FrameSource(try StreamDescriptor(reading: path))
    self.chunk = max(1, chunk)
  }

  /// The wait for whoever gives the bytes; nil when it is a file.
  public var wait: StreamWait? { source.wait }

  /// Refuses what is no device's data: nothing at all, and a stream file, whose frames are not the device's.
  public func check() throws(StreamFault) {
    var buffer: [UInt8] = []
    first = Array(buffer[..<(try read(into: &buffer))])
    if first.isEmpty { throw source.fault(.empty, "is empty") }
    if first.starts(with: StreamFile.magic) {
      throw source.fault(.foreign, "is a stream file, not a device's plain bytes; load it without --raw")
    }
  }

  /// The next chunk of the file.
  public func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    var count = first.count
    if first.isEmpty {
      count = try read(into: &buffer)
    } else {
      (buffer, first) = (first, [])
    }
    guard count > 0 else {
      digest = sha256.finish()
      return nil
    }
    sha256.update(buffer.span.bytes.extracting(first: count))
    return PlacedPart(place: 0..<count)
  }

  private func read(into buffer: inout [UInt8]) throws(StreamFault) -> Int {
    let before = source.position
    _ = try source.read(chunk, into: &buffer)
    return Int(source.position - before)
  }
}
