import ArgumentParser
import Inspector
import Migration

extension Stream {
  /// `stream diff`: where two streams differ.
  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show where two streams differ, byte by byte and record by record. Ends with 1 when they do.")

    @Argument(help: "The first file.")
    var first: String

    @Argument(help: "The second file.")
    var second: String

    @Option(help: "Show so many ranges and so many records at most.")
    var limit = 20

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
      if limit < 0 { throw ValidationError("--limit takes 0 or more, not \(limit)") }
    }

    func run() throws {
      let captures = (try Capture(path: first), try Capture(path: second))
      let report = try StreamDiffReport(captures.0, captures.1, limit: limit)
      if json { try printJSON(report) } else { report.text.forEach(printLine) }
      try captures.0.sayFault()
      try captures.1.sayFault()
      if !report.equal { throw Failure(.broken) }
    }
  }
}

/// What `stream diff` prints, as JSON or as text.
struct StreamDiffReport: Encodable {
  let schema = "vfioscope.stream-diff/1"
  let files: [File]
  let equal: Bool
  let firstDifference: OrNull<UInt64>
  let differingBytes: UInt64
  let rangeCount: Int
  let ranges: [Range]
  let format: OrNull<String>
  let records: OrNull<Records>

  struct File: Encodable {
    let file: String
    let device: OrNull<String>
    let `protocol`: OrNull<String>
    let bytes: UInt64
    let chunks: OrNull<UInt64>
  }

  struct Range: Encodable {
    let offset: UInt64
    let bytes: UInt64
  }

  struct Records: Encodable {
    let compared: Int
    let changed: Int
    let changes: [Change]
    let ending: OrNull<String>
  }

  struct Change: Encodable {
    let record: Int
    let name: String
    let offsets: [UInt64]
    let what: [String]
  }

  init(_ one: Capture, _ other: Capture, limit: Int) throws {
    let difference = try StreamDifference(one, other, limit: limit)
    files = [File(one), File(other)]
    equal = difference.isEqual
    firstDifference = OrNull(difference.first)
    differingBytes = difference.differingBytes
    rangeCount = difference.rangeCount
    ranges = difference.ranges.map { Range(offset: $0.lowerBound, bytes: $0.upperBound - $0.lowerBound) }
    let formats = (try StreamFormat.guess(one), try StreamFormat.guess(other))
    let shared = formats.0?.name == formats.1?.name ? formats.0 : nil
    format = OrNull(shared?.name)
    records = OrNull(
      try shared.map { Records(try RecordDifferences(one, other, format: $0, limit: limit)) })
  }
}

extension StreamDiffReport.File {
  init(_ capture: Capture) {
    self.init(
      file: capture.path, device: OrNull(capture.identity?.device),
      protocol: OrNull(capture.identity?.protocol.rawValue), bytes: capture.count,
      chunks: OrNull(capture.identity == nil ? nil : capture.summary.chunks))
  }
}

extension StreamDiffReport.Records {
  init(_ differences: RecordDifferences) {
    self.init(
      compared: differences.compared, changed: differences.changeCount,
      changes: differences.changes.map {
        StreamDiffReport.Change(record: $0.index, name: $0.name, offsets: $0.offsets, what: $0.what)
      },
      ending: OrNull(differences.ending))
  }
}

extension StreamDiffReport {
  /// The report as lines for people.
  var text: [String] {
    let rows =
      [["file"] + files.map(\.file), ["device"] + files.map { $0.device.value ?? "-" }]
      + [["protocol"] + files.map { $0.protocol.value ?? "-" }, ["bytes"] + files.map { String($0.bytes) }]
      + [["chunks"] + files.map { $0.chunks.value.map { String($0) } ?? "-" }]
    let bytes = [verdict] + ranges.map { "  \(offsetText($0.offset))  \($0.bytes) bytes" } + moreRanges
    return (columns(rows) + bytes + recordLines).map(printable)
  }

  private var verdict: String {
    guard let first = firstDifference.value else { return "The data are equal." }
    if differingBytes == 0 { return "Equal up to \(offsetText(first)), where the shorter one ends." }
    return "First difference at \(offsetText(first)); \(differingBytes) bytes differ, in \(rangeCount) ranges:"
  }

  private var moreRanges: [String] {
    rangeCount > ranges.count ? ["  and \(rangeCount - ranges.count) more"] : []
  }

  private var recordLines: [String] {
    guard let records = records.value, let format = format.value, !equal else { return [] }
    let changes = records.changes.map { change in
      let places = change.offsets.map(offsetText).joined(separator: " and ")
      return "  record \(change.record), \(change.name), at \(places): \(change.what.joined(separator: "; "))"
    }
    let more = records.changed - changes.count
    return ["\(records.changed) of \(records.compared) records (\(format)) differ."] + changes
      + (more > 0 ? ["  and \(more) more"] : []) + (records.ending.value.map { ["  \($0)"] } ?? [])
  }
}
