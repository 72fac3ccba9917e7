import Migration

/// What a view of one capture, or of two side by side, wants to see.
struct Aim: Sendable, Equatable {
  /// The lists there are.
  enum List: Sendable { case chunks, records, differences }

  /// Where to look.
  enum Place: Sendable, Equatable {
    /// At a byte of the data; behind the end, at the last one.
    case offset(UInt64)
    /// At the thing with this number in the list; behind the end, at the last one.
    case item(Int)
    /// At the first of these bytes at this offset or behind it.
    case match([UInt8], from: UInt64)
  }

  var list = List.chunks
  var place = Place.offset(0)
  /// Rows for the list, rows for the bytes, and bytes in a row.
  var listRows = 0
  var hexRows = 0
  var columns = 16

  /// Rows before the place, for one that does not say where something begins.
  var contextRows: Int {
    switch place {
    case .offset: 0
    case .item: list == .differences ? hexRows / 4 : 0
    case .match: hexRows / 4
    }
  }
}

/// What is seen there: all that a frame needs, read away from the screen.
struct Sight: Sendable {
  /// One row of a list.
  enum Row: Sendable {
    case chunk(Capture.Chunk, phase: String?)
    case record(StreamRecord)
    case difference(Difference)
  }

  /// What was asked.
  let aim: Aim
  /// The bytes that are meant: a byte, the thing of the list, or the match.
  var selected: Range<UInt64>
  /// The bytes were looked for and are not there.
  var isMissing = false
  /// The number of the list's thing that holds the first of them; nil when it lies before all.
  var index: Int?
  /// The number of the list's first row, and the rows.
  var firstRow = 0
  var rows: [Row] = []
  /// The record around the first of them, in each capture.
  var records: [StreamRecord?] = []
  /// Where the first row of bytes begins, and the bytes of each capture.
  var line: UInt64 = 0
  var bytes: [[UInt8]] = []

  /// Where the bytes of two captures differ, among those that are seen; also where only one has any.
  var differing: Set<UInt64> {
    guard bytes.count == 2, let longest = bytes.map(\.count).max() else { return [] }
    let differing = (0..<longest).filter { bytes[0].dropFirst($0).first != bytes[1].dropFirst($0).first }
    return Set(differing.map { line + UInt64($0) })
  }

  /// The first byte that is meant.
  var offset: UInt64 { selected.lowerBound }
}

extension Sight.Row {
  /// The bytes it stands for.
  var range: Range<UInt64> {
    switch self {
    case .chunk(let chunk, _): chunk.start..<chunk.start + UInt64(chunk.count)
    case .record(let record): record.offset..<record.offset + record.length
    case .difference(let difference): difference.range
    }
  }
}
