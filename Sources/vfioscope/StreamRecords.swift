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
      if limit < 0 { throw ValidationError("--limit takes 0 or more, not \(limit)") }
    }

    func run() throws {
      let capture = try Capture(path: file)
      let format = try capture.format(named: format)
      var reader = format.map { RecordReader(capture, format: $0) }
      var kept: [JSON] = []
      var (shown, isWhole) = (0, true)
      if !json { try printLine(format.map { "\($0.name): \($0.about)" } ?? "The format is not known; see stream hex.") }
      while shown < limit, let record = try reader?.next() {
        shown += 1
        if record.missing > 0 { isWhole = false }
        if json { kept.append(record.json) } else { try record.text.forEach(printLine) }
      }
      let isCut = try shown == limit && reader?.next() != nil
      if json {
        try printJSON(
          .object([
            "schema": .string("vfioscope.stream-records/1"), "file": .string(file), "format": JSON(format?.name),
            "records": .array(kept), "limit_reached": .bool(isCut), "fault": JSON(capture.fault?.reason),
            "fault_file_offset": JSON(capture.fault?.offset),
          ]))
      } else if isCut {
        try printLine("More records follow: give a larger --limit.")
      }
      try capture.sayFault()
      // Plain bytes have nothing else that shows it.
      if !isWhole { throw Failure(.broken, "\(file): it was cut: a record in it is longer than what is there") }
    }
  }
}

extension StreamRecord {
  /// The record as JSON.
  var json: JSON {
    .object([
      "name": .string(name),
      "offset": JSON(offset),
      "head_bytes": JSON(headLength),
      "data_bytes": JSON(dataLength),
      "depth": JSON(depth),
      "fields": .array(fields.map { .object(["name": .string($0.name), "value": $0.value.json]) }),
      "note": JSON(note),
    ])
  }

  /// The record as lines for people: its fields beside it when they are few, else below it.
  var text: [String] {
    let indent = String(repeating: "  ", count: depth)
    let head = "\(offsetText(offset))  \(indent)\(heading)"
    let fields = fields.map { "\($0.name) \($0.value.words)" }
    let beside = fields.joined(separator: ", ")
    let below = note.map { ["          \(indent)! \($0)"] } ?? []
    guard beside.count > 120 else {
      return ([head + (fields.isEmpty ? "" : ": \(beside)")] + below).map(printable)
    }
    return ([head] + fields.map { "          \(indent)\($0)" } + below).map(printable)
  }
}

extension StreamRecord.Value {
  /// A number stays one; all else is text.
  fileprivate var json: JSON {
    if case .number(let number) = self { JSON(number) } else { .string(words) }
  }
}
