import Migration
import Terminal

/// What is said of a capture as a whole, above its data.
struct DataHead {
  private let lines: [Line]

  /// The lines for a screen of this height.
  init(_ report: CaptureReport, _ status: CaptureStatus, screenHeight: Int) {
    lines = Self.lines(report, status, phaseRoom: screenHeight >= 30 ? 6 : 2)
  }

  var height: Int { lines.count }

  func draw(on canvas: inout Canvas, in area: Rectangle) {
    for (offset, line) in lines.prefix(area.height).enumerated() {
      let row = area.row + offset
      canvas.put(line.name, row: row, column: area.column + 1, style: .dim, within: area)
      let place = Rectangle(row: row, column: area.column + 13, height: 1, width: area.width - 14)
      canvas.putFitted(line.text, in: place, style: line.style)
    }
  }

  private struct Line {
    let name: String
    let text: String
    var style = Style.normal
  }

  private static func lines(_ report: CaptureReport, _ status: CaptureStatus, phaseRoom: Int) -> [Line] {
    var lines: [Line] = []
    if let identity = report.identity {
      lines.append(Line(name: "device", text: "\(identity.device) · \(report.protocolText ?? "")"))
    }
    let left = report.summary.finalState.map { ", left in \($0)" } ?? ""
    lines.append(Line(name: "data", text: report.dataText + left))
    let phases = report.phaseTexts
    for phase in phases.prefix(phaseRoom) { lines.append(Line(name: "  \(phase.state)", text: phase.text)) }
    if phases.count > phaseRoom { lines.append(Line(name: "", text: "and \(phases.count - phaseRoom) more phases")) }
    if !report.summary.sha256.isEmpty { lines.append(Line(name: "SHA-256", text: report.summary.sha256)) }
    // Nothing is known of the end before all has been read.
    guard status.isWalked else { return lines + [Line(name: "verdict", text: status.progress, style: .live)] }
    lines.append(Line(name: "format", text: report.formatText))
    return lines + [Line(name: "verdict", text: report.verdictText, style: report.verdict.style)]
  }
}

extension CaptureStatus {
  /// How far the files have been read.
  var progress: String {
    let percent = fileSize == 0 ? 0 : Int(100 * (Double(walked) / Double(fileSize)))
    return "reading, \(percent) % of \(grouped(fileSize)) bytes so far"
  }

  /// How much is in one of several files, and whether it is good, as far as that is known.
  func summary(of report: CaptureReport) -> (text: String, style: Style) {
    let bytes = counted(report.summary.bytes, "byte")
    guard isWalked || report.fault != nil else { return ("\(bytes) so far", .normal) }
    return ("\(bytes), \(report.verdict.rawValue)", report.verdict == .good ? .normal : report.verdict.style)
  }
}

extension CaptureReport.Verdict {
  var style: Style {
    switch self {
    case .good: .good
    case .unchecked: .normal
    case .empty, .unfinished: .warning
    case .altered: .danger
    }
  }
}
