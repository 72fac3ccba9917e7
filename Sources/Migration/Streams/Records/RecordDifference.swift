/// What two streams of one format differ in, record by record.
public struct RecordDifferences: Sendable, Equatable {
  /// A record that is not the same in both.
  public struct Change: Sendable, Equatable {
    /// Its number, from 0.
    public let index: Int
    /// What it is.
    public let name: String
    /// Where it begins in the two streams.
    public let offsets: [UInt64]
    /// What differs, in words.
    public let what: [String]
  }

  /// The records that differ: the first of them.
  public private(set) var changes: [Change] = []
  /// How many differ in all.
  public private(set) var changeCount = 0
  /// How many were compared.
  public private(set) var compared = 0
  /// Why no more were compared; nil when all were.
  public private(set) var ending: String?

  /// Compares the records in their order until one stream has another kind of record than the other; keeps `limit`
  /// changes.
  public init(
    _ one: any ByteSource, _ other: any ByteSource, format: StreamFormat, limit: Int = 64
  ) throws(StreamFault) {
    var readers = (RecordReader(one, format: format), RecordReader(other, format: format))
    while true {
      switch (try readers.0.next(), try readers.1.next()) {
      case (let a?, let b?):
        guard a.name == b.name else {
          ending = "from record \(compared) on they are of other kinds: \(a.name), \(b.name)"
          return
        }
        let what = try Self.fields(a, b) + Self.data(a, one, b, other)
        if !what.isEmpty {
          add(Change(index: compared, name: a.name, offsets: [a.offset, b.offset], what: what), limit)
        }
        compared += 1
      case (nil, nil): return
      case (_?, nil):
        ending = "the second ends before record \(compared)"
        return
      case (nil, _?):
        ending = "the first ends before record \(compared)"
        return
      }
    }
  }

  private mutating func add(_ change: Change, _ limit: Int) {
    changeCount += 1
    if changes.count < limit { changes.append(change) }
  }

  private static func fields(_ a: StreamRecord, _ b: StreamRecord) -> [String] {
    zip(a.fields, b.fields)
      .filter { $0 != $1 }
      .map { "\($0.name) \($0.value.words) → \($1.value.words)" }
  }

  private static func data(
    _ a: StreamRecord, _ one: any ByteSource, _ b: StreamRecord, _ other: any ByteSource
  ) throws(StreamFault) -> [String] {
    let difference = try StreamDifference(Section(one, a.data), Section(other, b.data), limit: 1)
    if difference.isEqual { return [] }
    var what: [String] = []
    if a.dataLength != b.dataLength { what.append("data of \(a.dataLength) → \(b.dataLength) bytes") }
    if difference.differingBytes > 0, let first = difference.first {
      what.append("\(counted(difference.differingBytes, "byte")) of the data, the first at \(first) in them")
    }
    return what
  }
}

/// A part of other bytes.
private final class Section: ByteSource {
  private let whole: any ByteSource
  private let start: UInt64
  let count: UInt64

  init(_ whole: any ByteSource, _ range: Range<UInt64>) {
    self.whole = whole
    start = range.lowerBound
    count = range.upperBound - range.lowerBound
  }

  func read(at offset: UInt64, count: Int) throws(StreamFault) -> [UInt8] {
    guard offset < self.count else { return [] }
    return try whole.read(at: start + offset, count: Int(min(UInt64(count), self.count - offset)))
  }
}
