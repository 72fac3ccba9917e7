import Migration

/// One capture that is looked into, or two that are compared. Their files are walked, and what is in them is listed, in
/// short steps, so that questions can be answered between them.
final class CaptureDesk {
  let captures: [Capture]
  /// The formats they seem to have; empty until the files have been walked.
  private(set) var formats: [StreamFormat?] = []
  /// The records of each, when all have the same format.
  private(set) var records: [SparseList<RecordReader>] = []
  /// Where two captures differ.
  private(set) var differences: SparseList<DifferenceReader>?
  /// The bytes that were looked for last, and how far.
  private var search = Search()

  private struct Search {
    var pattern: [UInt8] = []
    var from: UInt64 = 0
    /// All before it has been searched.
    var position: UInt64 = 0
    var found: UInt64?
  }

  /// Bytes that are searched in one step.
  private static let searchStep: UInt64 = 8 << 20
  /// Records or parts of a comparison in one step.
  private static let listSteps = (records: 2048, differences: 8)

  /// Opens the files.
  init(_ paths: [String]) throws(StreamFault) {
    var captures: [Capture] = []
    for path in paths { captures.append(try Capture(opening: path)) }
    self.captures = captures
  }

  /// Bytes of the longest.
  var count: UInt64 { captures.map(\.count).max() ?? 0 }
  /// Whether all files have been walked to their ends.
  var isWalked: Bool { captures.allSatisfy(\.isWalked) }

  /// Does the next bit of work; false when there is none.
  func step(for aim: Aim?) throws(StreamFault) -> Bool {
    if let capture = captures.first(where: { !$0.isWalked }) {
      _ = try capture.walk()
      return true
    }
    if formats.isEmpty {
      try findFormats()
      return true
    }
    if case .match(let pattern, let from)? = aim?.place, try !isDecided(pattern, from) {
      try searchOn()
      return true
    }
    return try stepLists()
  }

  private func findFormats() throws(StreamFault) {
    // All or none: a file that has become shorter can't be looked at.
    var guesses: [StreamFormat?] = []
    for capture in captures { guesses.append(try StreamFormat.guess(capture)) }
    formats = guesses
    if let format = formats[0], formats.allSatisfy({ $0?.name == format.name }) {
      records = captures.map { SparseList(RecordReader($0, format: format)) }
    }
    if captures.count == 2 { differences = SparseList(DifferenceReader(captures[0], captures[1])) }
  }

  private func stepLists() throws(StreamFault) -> Bool {
    if let differences, !differences.isWhole {
      try differences.advance(steps: Self.listSteps.differences)
      return true
    }
    guard let list = records.first(where: { !$0.isWhole }) else { return false }
    try list.advance(steps: Self.listSteps.records)
    return true
  }

  // MARK: search

  /// Where the bytes are: nil inside when they are nowhere behind `from`; nil when that is not known yet.
  func match(_ pattern: [UInt8], _ from: UInt64) throws(StreamFault) -> UInt64?? {
    try isDecided(pattern, from) ? .some(search.found) : nil
  }

  /// How far the search has come, in bytes of the data; nil when there is none to go on with.
  func searched(for aim: Aim?) throws(StreamFault) -> UInt64? {
    guard case .match(let pattern, let from)? = aim?.place else { return nil }
    return try isDecided(pattern, from) ? nil : search.position
  }

  private func isDecided(_ pattern: [UInt8], _ from: UInt64) throws(StreamFault) -> Bool {
    if search.pattern != pattern || search.from != from {
      search = Search(pattern: pattern, from: from, position: from)
    }
    return search.found != nil || (isWalked && search.position >= captures[0].count)
  }

  private func searchOn() throws(StreamFault) {
    let end = min(search.position + Self.searchStep, captures[0].count)
    search.found = try captures[0].firstOffset(of: search.pattern, from: search.position, until: end)
    search.position = end
  }
}
