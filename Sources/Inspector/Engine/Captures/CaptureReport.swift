import Migration
import VFIO

/// What is said of a capture as a whole, in a command and in the data view.
public struct CaptureReport: Sendable {
  /// Whether a capture is what was written.
  public enum Verdict: String, Sendable {
    /// All there, and as it was written.
    case good
    /// There is nothing in it that could be checked.
    case unchecked
    /// There is nothing in it.
    case empty
    /// It ends before its trailer.
    case unfinished
    /// It is not what was written.
    case altered
  }

  /// The file, as it was named.
  public let path: String
  /// Where the stream comes from; nil for plain bytes.
  public let identity: StreamIdentity?
  /// What is in it.
  public let summary: StreamSummary
  /// What ends it too early.
  public let fault: StreamFault?
  /// The format it seems to have.
  public let format: StreamFormat?
  /// Whether it is good, as far as it has been read.
  public let verdict: Verdict

  /// What is known of a capture, as far as it has been walked.
  public init(_ capture: Capture, format: StreamFormat?) {
    path = capture.path
    identity = capture.identity
    summary = capture.summary
    fault = capture.fault
    self.format = format
    verdict =
      switch fault?.kind {
      case nil where identity == nil && capture.fileSize == 0: .empty
      case nil: summary.checksums == .none ? .unchecked : .good
      case .unfinished: .unfinished
      default: .altered
      }
  }

  /// Whether it is a stream file, not plain bytes.
  public var isStreamFile: Bool { identity != nil }
}

/// The lines for people.
extension CaptureReport {
  /// The protocol, what the device offered, and the way it was opened.
  public var protocolText: String? {
    guard let identity else { return nil }
    let offered = identity.flags.isEmpty ? "" : " (\(identity.flags.joined(separator: ", ")))"
    return "\(identity.protocol.rawValue)\(offered), by \(identity.way)"
  }

  /// How much there is.
  public var dataText: String {
    let bytes = counted(summary.bytes, "byte")
    return isStreamFile ? "\(bytes) in \(counted(summary.chunks, "chunk"))" : "\(bytes), plain"
  }

  /// The same, with the length of the longest chunk.
  public var longDataText: String {
    guard isStreamFile, summary.chunks > 1 else { return dataText }
    return "\(dataText), the longest of \(counted(summary.largestChunk, "byte"))"
  }

  /// Each phase with its state, its extent and its time. The file does not say when the last one ended.
  public var phaseTexts: [(state: String, text: String)] {
    summary.phases.indices.map { index in
      let phase = summary.phases[index]
      let next = summary.phases.dropFirst(index + 1).first
      let time =
        "from \(phase.start.seconds) s on" + (next.map { ", for \(($0.start - phase.start).seconds) s" } ?? "")
      return (phase.state, "\(counted(phase.bytes, "byte")) in \(counted(phase.chunks, "chunk")), \(time)")
    }
  }

  /// The format, and what it was told by.
  public var formatText: String { format.map { "\($0.name): \($0.about); \($0.sign)" } ?? "not known" }

  /// Whether it is good, in words.
  public var verdictText: String {
    switch verdict {
    case .good: "good: all there, and every checksum fits"
    case .unchecked where isStreamFile: "all there; the bytes can't be checked, it was saved without checksums"
    case .unchecked: "not checked: plain bytes have no checksums"
    case .empty: "empty: there is nothing in it"
    case .unfinished: "ends at byte \(fault?.offset ?? 0) of the file, \(fault?.reason ?? "")"
    case .altered: "altered, at byte \(fault?.offset ?? 0) of the file: \(fault?.reason ?? "")"
    }
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(inMicroseconds) / 1e6 }
}
