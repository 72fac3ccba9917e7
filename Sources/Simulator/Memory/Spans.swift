import Glibc

/// Whole blocks of bytes at a time: spans have no bulk copy or comparison of their own yet.
extension MutableRawSpan {
  /// Copies all of `source` to the place that begins at `offset`, which has to have room for it.
  mutating func copy(_ source: RawSpan, at offset: Int = 0) {
    source.withUnsafeBytes { source in
      withUnsafeMutableBytes { target in
        UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count]).copyMemory(from: source)
      }
    }
  }
}

extension [UInt8] {
  /// Copies all of `source` to the place that begins at `offset`, which has to have room for it.
  mutating func copy(_ source: RawSpan, at offset: Int) {
    var span = mutableSpan
    var bytes = span.mutableBytes
    bytes.copy(source, at: offset)
  }
}

extension RawSpan {
  /// Whether the bytes are the same.
  func equals(_ other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    return withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in
        guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return true }
        return memcmp(mine, theirs, byteCount) == 0
      }
    }
  }

  /// A copy of the bytes.
  var array: [UInt8] { withUnsafeBytes(Array.init) }
}
