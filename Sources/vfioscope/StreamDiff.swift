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
      let captures = [try Capture(path: first), try Capture(path: second)]
      let report = try StreamDiffReport(captures[0], captures[1], limit: limit)
      if json { try printJSON(report.json) } else { try report.text.forEach(printLine) }
      for fault in captures.compactMap(\.fault) { printError("vfioscope: \(printable(fault.description))") }
      if !report.bytes.isEqual || captures.contains(where: { $0.fault != nil }) { throw Failure(.broken) }
    }
  }
}

/// What `stream diff` prints.
struct StreamDiffReport {
  private let captures: [Capture]
  let bytes: StreamDifference
  /// The format that both seem to have, and their differences in its terms.
  private let format: StreamFormat?
  private let records: RecordDifferences?

  init(_ one: Capture, _ other: Capture, limit: Int) throws(StreamFault) {
    captures = [one, other]
    bytes = try StreamDifference(one, other, limit: limit)
    let (first, second) = (try StreamFormat.guess(one), try StreamFormat.guess(other))
    if let first, first.name == second?.name {
      format = first
      records = try RecordDifferences(one, other, format: first, limit: limit)
    } else {
      (format, records) = (nil, nil)
    }
  }
}

extension StreamDiffReport {
  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.stream-diff/1"),
      "files": .array(captures.map(\.diffJSON)),
      "equal": .bool(bytes.isEqual),
      "first_difference": JSON(bytes.first),
      "differing_bytes": JSON(bytes.differingBytes),
      "range_count": JSON(bytes.rangeCount),
      "ranges": .array(bytes.places.map(\.json)),
      "format": JSON(format?.name),
      "records": records?.json ?? .null,
    ])
  }

  /// The report as lines for people.
  var text: [String] {
    let rows: [(String, (Capture) -> String?)] = [
      ("file", { $0.path }), ("device", { $0.identity?.device }), ("protocol", { $0.identity?.protocol.rawValue }),
      ("bytes", { String($0.count) }), ("chunks", { $0.identity == nil ? nil : String($0.summary.chunks) }),
    ]
    let table = columns(rows.map { row in [row.0] + captures.map { row.1($0) ?? "-" } })
    return (table + byteLines + recordLines).map(printable)
  }

  private var byteLines: [String] {
    guard let first = bytes.first else { return ["The data are equal."] }
    if bytes.differingBytes == 0 { return ["Equal up to \(offsetText(first)), where the shorter one ends."] }
    let verb = bytes.differingBytes == 1 ? "differs" : "differ"
    let extent = "\(counted(bytes.differingBytes, "byte")) \(verb), in \(counted(bytes.rangeCount, "range"))"
    let more = bytes.rangeCount - bytes.places.count
    return ["First difference at \(offsetText(first)); in all \(extent):"]
      + bytes.places.map { "  \(offsetText($0.start))  \($0.extent)" }
      + (more > 0 ? ["  and \(more) more"] : [])
  }

  private var recordLines: [String] {
    guard let records, let format, !bytes.isEqual else { return [] }
    let more = records.changeCount - records.changes.count
    let verb = records.changeCount == 1 ? "differs" : "differ"
    return ["\(records.changeCount) of \(counted(records.compared, "record")) of format \(format.name) \(verb)."]
      + records.changes.map { "  \($0.line)" } + (more > 0 ? ["  and \(more) more"] : [])
      + [records.ending].compactMap { $0.map { "  \($0)" } }
  }
}

extension Difference {
  private var bytes: UInt64 { range.upperBound - range.lowerBound }

  /// How many bytes differ, of how many when some between them are equal.
  fileprivate var extent: String {
    (differingBytes < bytes ? "\(differingBytes) of " : "") + counted(bytes, "byte")
  }

  fileprivate var json: JSON {
    .object(["offset": JSON(start), "bytes": JSON(bytes), "differing_bytes": JSON(differingBytes)])
  }
}

extension Capture {
  fileprivate var diffJSON: JSON {
    .object([
      "file": .string(path),
      "device": JSON(identity?.device),
      "protocol": JSON(identity?.protocol.rawValue),
      "bytes": JSON(count),
      "chunks": JSON(identity == nil ? nil : summary.chunks),
      "fault": JSON(fault?.reason),
      "fault_file_offset": JSON(fault?.offset),
    ])
  }
}

extension RecordDifferences {
  fileprivate var json: JSON {
    .object([
      "compared": JSON(compared),
      "changed": JSON(changeCount),
      "changes": .array(changes.map(\.json)),
      "ending": JSON(ending),
    ])
  }
}

extension RecordDifferences.Change {
  fileprivate var json: JSON {
    .object([
      "record": JSON(index), "name": .string(name), "offsets": .array(offsets.map { JSON($0) }), "what": JSON(what),
    ])
  }

  fileprivate var line: String {
    let places = offsets.first == offsets.last ? offsets.prefix(1) : offsets.prefix(2)
    let place = places.map { offsetText($0) }.joined(separator: " and ")
    return "record \(index), \(name), at \(place): \(what.joined(separator: "; "))"
  }
}
