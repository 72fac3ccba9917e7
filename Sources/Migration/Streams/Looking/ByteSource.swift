/// Bytes that can be looked at anywhere and more than once.
public protocol ByteSource: AnyObject {
  /// How many there are.
  var count: UInt64 { get }

  /// The bytes at `offset`, `count` of them or as many as there are.
  func read(at offset: UInt64, count: Int) throws(StreamFault) -> [UInt8]
}

extension ByteSource {
  /// Where `pattern` next begins at or after `offset` and before `end`; nil when it does not come there.
  public func firstOffset(
    of pattern: [UInt8], from offset: UInt64, until end: UInt64 = .max
  ) throws(StreamFault) -> UInt64? {
    let window = 64 << 10
    let end = min(end, count)
    var start = offset
    while start < end {
      let places = Int(min(UInt64(window), end - start))
      let bytes = try read(at: start, count: places + pattern.count - 1)
      if let found = bytes.firstIndex(of: pattern, before: places) { return start + UInt64(found) }
      start += UInt64(places)
    }
    return nil
  }
}

extension [UInt8] {
  /// Where the pattern first begins, at one of so many places.
  fileprivate func firstIndex(of pattern: [UInt8], before places: Int) -> Int? {
    guard let first = pattern.first else { return nil }
    var index = 0
    let end = Swift.min(places, count - pattern.count + 1)
    while index < end {
      if self[index] == first, self[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }
}
