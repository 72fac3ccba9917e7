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

/// What `stream info` prints, as JSON or as text.
struct StreamInfoReport {
  let file: String
  let container: Container
  let `protocol`: String?
  let device: String?
  let flags: [String]
  let way: String?
  let bytes: UInt64
  let chunks: UInt64?
  let largestChunkBytes: Int?
  let phases: [Phase]
  let finalState: String?
  let sha256: String?
  let verdict: Verdict
  let fault: String?
  let faultOffset: UInt64?
  let format: String?
  let formatAbout: String?

  enum Container: String {
    case streamFile = "stream-file"
    case plainBytes = "plain-bytes"
  }

  enum Verdict: String {
    /// All there, and as it was written.
    case good
    /// There is nothing in it that could be checked.
    case unchecked
    /// It ends before its trailer.
    case unfinished
    case altered
  }

  struct Phase {
    let state: String
    let bytes: UInt64
    let chunks: UInt64
    let startUs: Double

    fileprivate var json: JSON {
      .object([
        "state": .string(state), "bytes": JSON(bytes), "chunks": JSON(chunks), "start_us": JSON(startUs),
      ])
    }
  }

  init(_ capture: Capture) throws {
    let summary = capture.summary
    let isStreamFile = capture.identity != nil
    file = capture.path
    container = isStreamFile ? .streamFile : .plainBytes
    self.protocol = capture.identity?.protocol.rawValue
    device = capture.identity?.device
    flags = capture.identity?.flags ?? []
    way = capture.identity?.way
    bytes = capture.count
    chunks = isStreamFile ? summary.chunks : nil
    largestChunkBytes = isStreamFile ? summary.largestChunk : nil
    phases = summary.phases.map {
      Phase(state: $0.state, bytes: $0.bytes, chunks: $0.chunks, startUs: $0.start.microseconds)
    }
    finalState = summary.finalState
    sha256 = try capture.identity == nil ? capture.sha256() : summary.sha256.isEmpty ? nil : summary.sha256
    verdict = Self.verdict(capture)
    fault = capture.fault?.reason
    faultOffset = capture.fault?.offset
    let guess = try StreamFormat.guess(capture)
    format = guess?.name
    formatAbout = guess?.about
  }

  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.stream-info/1"),
      "file": .string(file),
      "container": .string(container.rawValue),
      "protocol": JSON(self.protocol),
      "device": JSON(device),
      "flags": JSON(flags),
      "way": JSON(way),
      "bytes": JSON(bytes),
      "chunks": JSON(chunks),
      "largest_chunk_bytes": JSON(largestChunkBytes),
      "phases": .array(phases.map(\.json)),
      "final_state": JSON(finalState),
      "sha256": JSON(sha256),
      "verdict": .string(verdict.rawValue),
      "fault": JSON(fault),
      "fault_offset": JSON(faultOffset),
      "format": JSON(format),
      "format_about": JSON(formatAbout),
    ])
  }

  private static func verdict(_ capture: Capture) -> Verdict {
    switch capture.fault?.kind {
    case nil: capture.summary.sha256.isEmpty ? .unchecked : .good
    case .unfinished: .unfinished
    default: .altered
    }
  }
}

extension StreamInfoReport {
  /// The report as lines for people.
  var text: [String] {
    var rows = [["file", file]]
    if let device = device, let name = self.protocol {
      let offered = flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))"
      rows += [["device", device], ["protocol", "\(name)\(offered), by \(way ?? "-")"]]
    }
    rows.append(["data", dataText])
    rows += phases.map { phase in
      ["  \(phase.state)", "\(phase.bytes) bytes in \(phase.chunks) chunks, from \(phase.startUs / 1e6) s on"]
    }
    if let state = finalState { rows.append(["left in", state]) }
    rows.append(["SHA-256", sha256 ?? "-"])
    rows.append(["format", format.map { "\($0): \(formatAbout ?? "")" } ?? "not known"])
    rows.append(["verdict", verdictText])
    return columns(rows).map(printable)
  }

  private var dataText: String {
    guard let chunks = chunks else { return "\(bytes) plain bytes" }
    return "\(bytes) bytes in \(chunks) chunks, the longest of \(largestChunkBytes ?? 0)"
  }

  private var verdictText: String {
    switch verdict {
    case .good: "good: all there, and every checksum fits"
    case .unchecked where container == .plainBytes: "not checked: plain bytes have no checksums"
    case .unchecked: "all there; the bytes are not checked, it was saved without checksums"
    case .unfinished, .altered: "at byte \(faultOffset ?? 0) of the file: \(fault ?? "")"
    }
  }
}
