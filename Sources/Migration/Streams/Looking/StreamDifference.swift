/// Where the bytes of two streams differ.
public struct StreamDifference: Sendable, Equatable {
  /// Bytes of the two.
  public let counts: [UInt64]
  /// The first byte that differs, or that only the longer one has; nil when they are equal.
  public private(set) var first: UInt64?
  /// Bytes that differ, of those that both have.
  public private(set) var differingBytes: UInt64 = 0
  /// Where they differ: the first of the places. Fewer than 8 equal bytes between two don't part them.
  public private(set) var places: [Difference] = []
  /// How many ranges there are in all.
  public private(set) var rangeCount = 0

  /// The ranges of those places.
  public var ranges: [Range<UInt64>] { places.map(\.range) }

  /// Whether the two have the same bytes.
  public var isEqual: Bool { first == nil }

  /// Compares all bytes; keeps `limit` ranges.
  public init(_ one: any ByteSource, _ other: any ByteSource, limit: Int = 64) throws(StreamFault) {
    counts = [one.count, other.count]
    var reader = DifferenceReader(one, other)
    loop: while true {
      switch try reader.step() {
      case .item(let difference): add(difference, limit)
      case .nothing: break
      case .end: break loop
      }
    }
    if first == nil && one.count != other.count { first = min(one.count, other.count) }
  }

  private mutating func add(_ difference: Difference, _ limit: Int) {
    first = first ?? difference.start
    differingBytes += difference.differingBytes
    rangeCount += 1
    if places.count < limit { places.append(difference) }
  }
}
