/// Bytes that can be looked at anywhere and more than once.
public protocol ByteSource: AnyObject {
  /// How many there are.
  var count: UInt64 { get }

  /// The bytes at `offset`, `count` of them or as many as there are.
  func read(at offset: UInt64, count: Int) throws(StreamFault) -> [UInt8]
}

extension ByteSource {
  /// Where `pattern` next begins at or after `offset`; nil when it does not come any more.
  func firstOffset(of pattern: [UInt8], from offset: UInt64) throws(StreamFault) -> UInt64? {
    let window = 64 << 10
    var start = offset
    while start < count {
      let bytes = try read(at: start, count: window + pattern.count - 1)
      let places = max(0, bytes.count - pattern.count + 1)
      if let found = (0..<places).first(where: { bytes[$0...].starts(with: pattern) }) { return start + UInt64(found) }
      start += UInt64(window)
    }
    return nil
  }
}
