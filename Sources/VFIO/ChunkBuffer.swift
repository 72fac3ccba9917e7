/// Memory for one chunk of a device's data, kept from chunk to chunk.
public struct ChunkBuffer: Sendable {
  @usableFromInline
  var bytes: [UInt8] = []

  /// An empty one. It grows to the longest chunk.
  public init() {}

  /// Lets `call` fill this part of it.
  ///
  /// - Returns: what `call` returns.
  @inlinable
  public mutating func fill<R, E: Error>(
    _ part: Range<Int>, by call: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    if bytes.count < part.upperBound {
      // At first without a second array to copy from: a chunk may be large.
      if bytes.isEmpty {
        bytes = [UInt8](repeating: 0, count: part.upperBound)
      } else {
        bytes += [UInt8](repeating: 0, count: part.upperBound - bytes.count)
      }
    }
    var span = bytes.mutableSpan
    var all = span.mutableBytes
    return try all.withUnsafeMutableBytes { (all) throws(E) in
      var bytes = MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: all[part]))
      return try call(&bytes)
    }
  }

  /// Copies `source` to the place that begins at `offset`.
  public mutating func put(_ source: RawSpan, at offset: Int) {
    fill(offset..<offset + source.byteCount) { target in
      target.withUnsafeMutableBytes { target in source.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
  }

  /// Exchanges its memory for that of `other`, with what is in both.
  public mutating func exchange(_ other: inout [UInt8]) {
    swap(&bytes, &other)
  }

  /// Hands out the first `count` bytes, which have been filled.
  @inlinable
  public func hand<R, E: Error>(_ count: Int, to take: (RawSpan) throws(E) -> R) throws(E) -> R {
    try take(bytes.span.bytes.extracting(first: count))
  }
}
