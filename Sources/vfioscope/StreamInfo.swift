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
          try printJSON(report)
        } else {
          if index > 0 { printLine("") }
          report.text.forEach(printLine)
        }
        if report.verdict == .altered { isGood = false }
      }
      if !isGood { throw Failure(.broken) }
    }
  }
}

/// What `stream info` prints, as JSON or as text.
struct StreamInfoReport: Encodable {
  let schema = "vfioscope.stream-info/1"
  let file: String
  let container: Container
  let `protocol`: OrNull<String>
  let device: OrNull<String>
  let flags: [String]
  let way: OrNull<String>
  let bytes: UInt64
  let chunks: OrNull<UInt64>
  let largestChunkBytes: OrNull<Int>
  let phases: [Phase]
  let finalState: OrNull<String>
  let sha256: OrNull<String>
  let verdict: Verdict
  let fault: OrNull<String>
  let faultOffset: OrNull<UInt64>
  let format: OrNull<String>
  let formatAbout: OrNull<String>

  enum Container: String, Encodable {
    case streamFile = "stream-file"
    case plainBytes = "plain-bytes"
  }

  enum Verdict: String, Encodable {
    /// All there, and as it was written.
    case good
    /// There is nothing in it that could be checked.
    case unchecked
    /// It ends before its trailer.
    case unfinished
    case altered
  }

  struct Phase: Encodable {
    let state: String
    let bytes: UInt64
    let chunks: UInt64
    let startUs: Double
  }

  init(_ capture: Capture) throws {
    let summary = capture.summary
    let isStreamFile = capture.identity != nil
    file = capture.path
    container = isStreamFile ? .streamFile : .plainBytes
    self.protocol = OrNull(capture.identity?.protocol.rawValue)
    device = OrNull(capture.identity?.device)
    flags = capture.identity?.flags ?? []
    way = OrNull(capture.identity?.way)
    bytes = capture.count
    chunks = OrNull(isStreamFile ? summary.chunks : nil)
    largestChunkBytes = OrNull(isStreamFile ? summary.largestChunk : nil)
    phases = summary.phases.map {
      Phase(state: $0.state, bytes: $0.bytes, chunks: $0.chunks, startUs: $0.start.microseconds)
    }
    finalState = OrNull(summary.finalState)
    sha256 = OrNull(try capture.identity == nil ? capture.sha256() : summary.sha256.isEmpty ? nil : summary.sha256)
    verdict = Self.verdict(capture)
    fault = OrNull(capture.fault?.reason)
    faultOffset = OrNull(capture.fault?.offset)
    let guess = try StreamFormat.guess(capture)
    format = OrNull(guess?.name)
    formatAbout = OrNull(guess?.about)
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
    if let device = device.value, let name = self.protocol.value {
      let offered = flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))"
      rows += [["device", device], ["protocol", "\(name)\(offered), by \(way.value ?? "-")"]]
    }
    rows.append(["data", dataText])
    rows += phases.map { phase in
      ["  \(phase.state)", "\(phase.bytes) bytes in \(phase.chunks) chunks, from \(phase.startUs / 1e6) s on"]
    }
    if let state = finalState.value { rows.append(["left in", state]) }
    rows.append(["SHA-256", sha256.value ?? "-"])
    rows.append(["format", format.value.map { "\($0): \(formatAbout.value ?? "")" } ?? "not known"])
    rows.append(["verdict", verdictText])
    return columns(rows).map(printable)
  }

  private var dataText: String {
    guard let chunks = chunks.value else { return "\(bytes) plain bytes" }
    return "\(bytes) bytes in \(chunks) chunks, the longest of \(largestChunkBytes.value ?? 0)"
  }

  private var verdictText: String {
    switch verdict {
    case .good: "good: all there, and every checksum fits"
    case .unchecked where container == .plainBytes: "not checked: plain bytes have no checksums"
    case .unchecked: "all there; the bytes are not checked, it was saved without checksums"
    case .unfinished, .altered: "at byte \(faultOffset.value ?? 0) of the file: \(fault.value ?? "")"
    }
  }
}
