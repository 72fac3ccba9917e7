/// Where the bytes of two streams differ.
public struct StreamDifference: Sendable, Equatable {
  /// Bytes of the two.
  public let counts: [UInt64]
  /// The first byte that differs, or that only the longer one has; nil when they are equal.
  public private(set) var first: UInt64?
  /// Bytes that differ, of those that both have.
  public private(set) var differingBytes: UInt64 = 0
  /// Where they differ: the first of the ranges. Fewer than 8 equal bytes between two don't part them.
  public private(set) var ranges: [Range<UInt64>] = []
  /// How many ranges there are in all.
  public private(set) var rangeCount = 0

  /// Whether the two have the same bytes.
  public var isEqual: Bool { first == nil }

  private static let gap: UInt64 = 8
  private static let window = 1 << 20

  /// Compares all bytes; keeps `limit` ranges.
  public init(_ one: any ByteSource, _ other: any ByteSource, limit: Int = 64) throws(StreamFault) {
    counts = [one.count, other.count]
    let common = min(one.count, other.count)
    var last: Range<UInt64>?
    var offset: UInt64 = 0
    while offset < common {
      let count = Int(min(UInt64(Self.window), common - offset))
      let (a, b) = (try one.read(at: offset, count: count), try other.read(at: offset, count: count))
      if a != b { compare(a, b, at: offset, &last, limit) }
      offset += UInt64(count)
    }
    close(last, limit)
    if first == nil && one.count != other.count { first = common }
  }

  private mutating func compare(
    _ a: [UInt8], _ b: [UInt8], at offset: UInt64, _ last: inout Range<UInt64>?, _ limit: Int
  ) {
    for index in 0..<min(a.count, b.count) where a[index] != b[index] {
      let place = offset + UInt64(index)
      if first == nil { first = place }
      differingBytes += 1
      if let range = last, place - range.upperBound < Self.gap {
        last = range.lowerBound..<place + 1
      } else {
        close(last, limit)
        last = place..<place + 1
      }
    }
  }

  private mutating func close(_ range: Range<UInt64>?, _ limit: Int) {
    guard let range else { return }
    rangeCount += 1
    if ranges.count < limit { ranges.append(range) }
  }
}
