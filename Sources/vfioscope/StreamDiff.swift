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
      if json { try printJSON(report.json) } else { try report.text.forEach(printLine) }
      try captures.0.sayFault()
      try captures.1.sayFault()
      if !report.equal { throw Failure(.broken) }
    }
  }
}

/// What `stream diff` prints, as JSON or as text.
struct StreamDiffReport {
  let files: [File]
  let equal: Bool
  let firstDifference: UInt64?
  let differingBytes: UInt64
  let rangeCount: Int
  let ranges: [Range]
  let format: String?
  let records: Records?

  struct File {
    let file: String
    let device: String?
    let `protocol`: String?
    let bytes: UInt64
    let chunks: UInt64?
  }

  struct Range {
    let offset: UInt64
    let bytes: UInt64
  }

  struct Records {
    let compared: Int
    let changed: Int
    let changes: [Change]
    let ending: String?
  }

  struct Change {
    let record: Int
    let name: String
    let offsets: [UInt64]
    let what: [String]
  }

  init(_ one: Capture, _ other: Capture, limit: Int) throws {
    let difference = try StreamDifference(one, other, limit: limit)
    files = [File(one), File(other)]
    equal = difference.isEqual
    firstDifference = difference.first
    differingBytes = difference.differingBytes
    rangeCount = difference.rangeCount
    ranges = difference.ranges.map { Range(offset: $0.lowerBound, bytes: $0.upperBound - $0.lowerBound) }
    let formats = (try StreamFormat.guess(one), try StreamFormat.guess(other))
    let shared = formats.0?.name == formats.1?.name ? formats.0 : nil
    format = shared?.name
    records = try shared.map { Records(try RecordDifferences(one, other, format: $0, limit: limit)) }
  }
}

extension StreamDiffReport {
  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.stream-diff/1"),
      "files": .array(files.map(\.json)),
      "equal": .bool(equal),
      "first_difference": JSON(firstDifference),
      "differing_bytes": JSON(differingBytes),
      "range_count": JSON(rangeCount),
      "ranges": .array(ranges.map { .object(["offset": JSON($0.offset), "bytes": JSON($0.bytes)]) }),
      "format": JSON(format),
      "records": records?.json ?? .null,
    ])
  }
}

extension StreamDiffReport.File {
  fileprivate var json: JSON {
    .object([
      "file": .string(file), "device": JSON(device), "protocol": JSON(self.protocol), "bytes": JSON(bytes),
      "chunks": JSON(chunks),
    ])
  }

  init(_ capture: Capture) {
    self.init(
      file: capture.path, device: capture.identity?.device,
      protocol: capture.identity?.protocol.rawValue, bytes: capture.count,
      chunks: capture.identity == nil ? nil : capture.summary.chunks)
  }
}

extension StreamDiffReport.Records {
  fileprivate var json: JSON {
    .object([
      "compared": JSON(compared), "changed": JSON(changed), "changes": .array(changes.map(\.json)),
      "ending": JSON(ending),
    ])
  }

  init(_ differences: RecordDifferences) {
    self.init(
      compared: differences.compared, changed: differences.changeCount,
      changes: differences.changes.map {
        StreamDiffReport.Change(record: $0.index, name: $0.name, offsets: $0.offsets, what: $0.what)
      },
      ending: differences.ending)
  }
}

extension StreamDiffReport.Change {
  fileprivate var json: JSON {
    .object([
      "record": JSON(record), "name": .string(name), "offsets": .array(offsets.map { JSON($0) }), "what": JSON(what),
    ])
  }
}

extension StreamDiffReport {
  /// The report as lines for people.
  var text: [String] {
    let rows =
      [["file"] + files.map(\.file), ["device"] + files.map { $0.device ?? "-" }]
      + [["protocol"] + files.map { $0.protocol ?? "-" }, ["bytes"] + files.map { String($0.bytes) }]
      + [["chunks"] + files.map { $0.chunks.map { String($0) } ?? "-" }]
    let bytes = [verdict] + ranges.map { "  \(offsetText($0.offset))  \($0.bytes) bytes" } + moreRanges
    return (columns(rows) + bytes + recordLines).map(printable)
  }

  private var verdict: String {
    guard let first = firstDifference else { return "The data are equal." }
    if differingBytes == 0 { return "Equal up to \(offsetText(first)), where the shorter one ends." }
    return "First difference at \(offsetText(first)); \(differingBytes) bytes differ, in \(rangeCount) ranges:"
  }

  private var moreRanges: [String] {
    rangeCount > ranges.count ? ["  and \(rangeCount - ranges.count) more"] : []
  }

  private var recordLines: [String] {
    guard let records = records, let format = format, !equal else { return [] }
    let changes = records.changes.map { change in
      let places = change.offsets.map(offsetText).joined(separator: " and ")
      return "  record \(change.record), \(change.name), at \(places): \(change.what.joined(separator: "; "))"
    }
    let more = records.changed - changes.count
    return ["\(records.changed) of \(records.compared) records (\(format)) differ."] + changes
      + (more > 0 ? ["  and \(more) more"] : []) + (records.ending.map { ["  \($0)"] } ?? [])
  }
}
