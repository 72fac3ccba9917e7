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
        if report.capture.fault != nil || report.capture.verdict == .empty { isGood = false }
      }
      if !isGood { throw Failure(.broken) }
    }
  }
}

/// What `stream info` prints.
struct StreamInfoReport {
  let capture: CaptureReport
  private let sha256: String?

  init(_ capture: Capture) throws(StreamFault) {
    self.capture = CaptureReport(capture, format: try StreamFormat.guess(capture))
    if self.capture.isStreamFile {
      sha256 = capture.summary.sha256.isEmpty ? nil : capture.summary.sha256
    } else {
      sha256 = try capture.sha256()
    }
  }
}

extension StreamInfoReport {
  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.stream-info/1"),
      "file": .string(capture.path),
      "container": .string(capture.isStreamFile ? "stream-file" : "plain-bytes"),
      "protocol": JSON(capture.identity?.protocol.rawValue),
      "device": JSON(capture.identity?.device),
      "model": JSON(capture.identity?.model),
      "flags": JSON(capture.identity?.flags),
      "way": JSON(capture.identity?.way),
      "bytes": JSON(capture.summary.bytes),
      "chunks": JSON(capture.isStreamFile ? capture.summary.chunks : nil),
      "largest_chunk_bytes": JSON(capture.isStreamFile ? capture.summary.largestChunk : nil),
      "phases": .array(capture.summary.phases.map(\.json)),
      "final_state": JSON(capture.summary.finalState),
      "sha256": JSON(sha256),
      "verdict": .string(capture.verdict.rawValue),
      "fault": JSON(capture.fault?.reason),
      "fault_file_offset": JSON(capture.fault?.offset),
      "format": JSON(capture.format?.name),
      "format_about": JSON(capture.format?.about),
    ])
  }

  /// The report as lines for people.
  var text: [String] {
    var rows = [["file", capture.path]]
    if let identity = capture.identity {
      rows.append(["device", identity.device + (identity.model.map { " (\($0))" } ?? "")])
    }
    if let text = capture.protocolText { rows.append(["protocol", text]) }
    rows.append(["data", capture.longDataText])
    rows += capture.phaseTexts.map { ["  \($0.state)", $0.text] }
    if let state = capture.summary.finalState { rows.append(["left in", state]) }
    if let sha256 { rows.append(["SHA-256", sha256]) }
    rows.append(["format", capture.formatText])
    rows.append(["verdict", capture.verdictText])
    return columns(rows).map(printable)
  }
}

extension StreamSummary.Phase {
  fileprivate var json: JSON {
    .object([
      "state": .string(state), "bytes": JSON(bytes), "chunks": JSON(chunks), "start_us": JSON(start.microseconds),
    ])
  }
}
