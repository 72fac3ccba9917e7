/// A place where two streams differ. Fewer than 8 equal bytes don't part two of them.
public struct Difference: StreamItem, Equatable {
  /// From the first byte that differs to the last one.
  public fileprivate(set) var range: Range<UInt64>
  /// Bytes that differ in it.
  public fileprivate(set) var differingBytes: UInt64 = 1

  /// The first byte that differs.
  public var start: UInt64 { range.lowerBound }
}

/// Finds where two streams differ, as far as both have bytes.
public struct DifferenceReader: StreamItemReader {
  private let one: any ByteSource
  private let other: any ByteSource
  private let common: UInt64
  private var position: UInt64 = 0
  /// What differs shortly before the position.
  private var open: Difference?
  /// Bytes of both around the position.
  private var window = Window()

  private struct Window {
    var offset: UInt64 = 0
    var one: [UInt8] = []
    var other: [UInt8] = []
  }

  private static let gap: UInt64 = 8
  private static let windowSize: UInt64 = 1 << 20

  /// Compares these two.
  public init(_ one: any ByteSource, _ other: any ByteSource) {
    self.one = one
    self.other = other
    common = min(one.count, other.count)
  }

  /// The same without the bytes.
  public var kept: DifferenceReader {
    var copy = self
    copy.window = Window()
    return copy
  }

  /// Compares up to the next difference, up to 1 MiB.
  public mutating func step() throws(StreamFault) -> ReaderStep<Difference> {
    guard position < common else { return close().map { .item($0) } ?? .end }
    try load()
    let start = Int(position - window.offset)
    if start > 0 || window.one != window.other {
      for index in start..<window.one.count where window.one[index] != window.other[index] {
        let place = window.offset + UInt64(index)
        if let open, place - open.range.upperBound >= Self.gap {
          position = place
          return close().map { .item($0) } ?? .nothing
        }
        add(place)
      }
    }
    position = window.offset + UInt64(window.one.count)
    return .nothing
  }

  private mutating func close() -> Difference? {
    defer { open = nil }
    return open
  }

  private mutating func add(_ place: UInt64) {
    guard let last = open else {
      open = Difference(range: place..<place + 1)
      return
    }
    open = Difference(range: last.start..<place + 1, differingBytes: last.differingBytes + 1)
  }

  /// Takes care that the position lies in the window.
  private mutating func load() throws(StreamFault) {
    let end = window.offset + UInt64(window.one.count)
    if position >= window.offset && position < end { return }
    let count = Int(min(Self.windowSize, common - position))
    window = Window(
      offset: position, one: try one.read(at: position, count: count), other: try other.read(at: position, count: count)
    )
    guard window.one.count == count, window.other.count == count else {
      throw StreamFault("the two streams", .altered, "have become shorter while they were read")
    }
  }
}
