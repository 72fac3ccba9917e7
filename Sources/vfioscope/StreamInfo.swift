import ArgumentParser
import Inspector
import Migration

extension Stream {
  /// `stream info`: what is in a stream, and whether it is good.
  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what is in a stream, and check it from its start to its end.")

    @Argument(help: "The files.")
    var files: [String]

    @Flag(help: "Print one JSON object a file.")
    var json = false

    func run() throws {
      var isGood = true
      for (index, file) in files.enumerated() {
        let report = try StreamInfoReport(Capture(path: file))
        if json {
          try printJSON(report.json)
        } else {
          if index > 0 { try printLine("") }
          try report.text.forEach(printLine)
        }
        if report.verdict == .altered { isGood = false }
      }
      if !isGood { throw Failure(.broken) }
    }
  }
}

/// What `stream info` prints.
struct StreamInfoReport {
  enum Verdict: String {
    /// All there, and as it was written.
    case good
    /// There is nothing in it that could be checked.
    case unchecked
    /// It ends before its trailer.
    case unfinished
    case altered
  }

  private let capture: Capture
  private let format: StreamFormat?
  private let sha256: String?
  let verdict: Verdict

  init(_ capture: Capture) throws(StreamFault) {
    self.capture = capture
    format = try StreamFormat.guess(capture)
    verdict = Self.verdict(capture)
    if capture.identity == nil {
      sha256 = try capture.sha256()
    } else {
      sha256 = capture.summary.sha256.isEmpty ? nil : capture.summary.sha256
    }
  }

  private static func verdict(_ capture: Capture) -> Verdict {
    switch capture.fault?.kind {
    case nil: capture.summary.sha256.isEmpty ? .unchecked : .good
    case .unfinished: .unfinished
    default: .altered
    }
  }

  private var isStreamFile: Bool { capture.identity != nil }
}

extension StreamInfoReport {
  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.stream-info/1"),
      "file": .string(capture.path),
      "container": .string(isStreamFile ? "stream-file" : "plain-bytes"),
      "protocol": JSON(capture.identity?.protocol.rawValue),
      "device": JSON(capture.identity?.device),
      "flags": JSON(capture.identity?.flags),
      "way": JSON(capture.identity?.way),
      "bytes": JSON(capture.count),
      "chunks": JSON(isStreamFile ? capture.summary.chunks : nil),
      "largest_chunk_bytes": JSON(isStreamFile ? capture.summary.largestChunk : nil),
      "phases": .array(capture.summary.phases.map(\.json)),
      "final_state": JSON(capture.summary.finalState),
      "sha256": JSON(sha256),
      "verdict": .string(verdict.rawValue),
      "fault": JSON(capture.fault?.reason),
      "fault_file_offset": JSON(capture.fault?.offset),
      "format": JSON(format?.name),
      "format_about": JSON(format?.about),
    ])
  }

  /// The report as lines for people.
  var text: [String] {
    var rows = [["file", capture.path]]
    if let identity = capture.identity {
      let offered = identity.flags.isEmpty ? "" : " (\(identity.flags.joined(separator: ", ")))"
      rows.append(["device", identity.device])
      rows.append(["protocol", "\(identity.protocol.rawValue)\(offered), by \(identity.way)"])
    }
    rows.append(["data", dataText])
    rows += capture.summary.phases.map(\.row)
    if let state = capture.summary.finalState { rows.append(["left in", state]) }
    if let sha256 { rows.append(["SHA-256", sha256]) }
    rows.append(["format", format.map { "\($0.name): \($0.about)" } ?? "not known"])
    rows.append(["verdict", verdictText])
    return columns(rows).map(printable)
  }

  private var dataText: String {
    guard isStreamFile else { return "\(counted(capture.count, "byte")), plain" }
    let summary = capture.summary
    let longest = summary.chunks > 1 ? ", the longest of \(counted(summary.largestChunk, "byte"))" : ""
    return "\(counted(summary.bytes, "byte")) in \(counted(summary.chunks, "chunk"))\(longest)"
  }

  private var verdictText: String {
    switch verdict {
    case .good: "good: all there, and every checksum fits"
    case .unchecked where isStreamFile: "all there; the bytes can't be checked, it was saved without checksums"
    case .unchecked: "not checked: plain bytes have no checksums"
    case .unfinished: capture.fault?.reason ?? ""
    case .altered: "altered, at byte \(capture.fault?.offset ?? 0) of the file: \(capture.fault?.reason ?? "")"
    }
  }
}

extension StreamSummary.Phase {
  fileprivate var json: JSON {
    .object([
      "state": .string(state), "bytes": JSON(bytes), "chunks": JSON(chunks), "start_us": JSON(start.microseconds),
    ])
  }

  fileprivate var row: [String] {
    [
      "  \(state)",
      "\(counted(bytes, "byte")) in \(counted(chunks, "chunk")), from \(start.microseconds / 1e6) s on",
    ]
  }
}
