import ArgumentParser
import Inspector
import Migration

extension Stream {
  /// `stream records`: the records of a known format.
  struct Records: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the records of a stream whose format is known.",
      discussion: "Formats: " + StreamFormat.all.map { "\($0.name) (\($0.about))" }.joined(separator: ", ") + ".")

    @Argument(help: "The file.")
    var file: String

    @Option(help: "Read it as this format instead of the one it seems to have.")
    var format: String?

    @Option(help: "Show so many records at most.")
    var limit = 100_000

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
      if limit < 1 { throw ValidationError("--limit takes 1 or more, not \(limit)") }
    }

    func run() throws {
      let capture = try Capture(path: file)
      let format = try capture.format(named: format)
      var reader = format.map { RecordReader(capture, format: $0) }
      var kept: [StreamRecordsReport.Record] = []
      var shown = 0
      if !json { printLine(format.map { "\($0.name): \($0.about)" } ?? "The format is not known; see stream hex.") }
      while shown < limit, let record = try reader?.next() {
        shown += 1
        if json { kept.append(.init(record)) } else { record.text.forEach(printLine) }
      }
      let isCut = try shown == limit && reader?.next() != nil
      if json {
        try printJSON(
          StreamRecordsReport(file: file, format: OrNull(format?.name), records: kept, limitReached: isCut))
      } else if isCut {
        printLine("More records follow: give a larger --limit.")
      }
      try capture.sayFault()
    }
  }
}

/// What `stream records --json` prints.
struct StreamRecordsReport: Encodable {
  let schema = "vfioscope.stream-records/1"
  let file: String
  let format: OrNull<String>
  let records: [Record]
  let limitReached: Bool

  struct Record: Encodable {
    let name: String
    let offset: UInt64
    let headBytes: UInt64
    let dataBytes: UInt64
    let depth: Int
    let fields: [Field]
    let note: OrNull<String>

    init(_ record: StreamRecord) {
      name = record.name
      offset = record.offset
      headBytes = record.headLength
      dataBytes = record.dataLength
      depth = record.depth
      fields = record.fields.map(Field.init)
      note = OrNull(record.note)
    }
  }

  /// A number stays one; all else is text.
  struct Field: Encodable {
    let name: String
    let value: StreamRecord.Value

    enum CodingKeys: CodingKey { case name, value }

    init(_ field: StreamRecord.Field) {
      name = field.name
      value = field.value
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      if case .number(let number) = value {
        try container.encode(number, forKey: .value)
      } else {
        try container.encode(value.words, forKey: .value)
      }
    }
  }
}

extension StreamRecord {
  /// The record as lines for people: its fields beside it when they are few, else below it.
  var text: [String] {
    let indent = String(repeating: "  ", count: depth)
    let data = dataLength > 0 ? ", \(dataLength) bytes of data" : ""
    let head = "\(offsetText(offset))  \(indent)\(name)\(data)"
    let fields = fields.map { "\($0.name) \($0.value.words)" }
    let beside = fields.joined(separator: ", ")
    let below = note.map { ["\(indent)  ! \($0)"] } ?? []
    guard beside.count > 120 else {
      return ([head + (fields.isEmpty ? "" : ": \(beside)")] + below).map(printable)
    }
    return ([head] + fields.map { "\(indent)    \($0)" } + below).map(printable)
  }
}
