import Rulebook
import Terminal

/// A finding on one line: verdict, rule, level, what was seen.
struct FindingLine {
  private let finding: Finding

  init(_ finding: Finding) {
    self.finding = finding
  }

  func draw(on canvas: inout Canvas, in line: Rectangle) {
    canvas.put(
      finding.verdict.rawValue, row: line.row, column: line.column + 1, style: finding.verdict.style, within: line)
    canvas.put(finding.rule.id, row: line.row, column: line.column + 7, within: line)
    canvas.put(
      finding.rule.level.rawValue.uppercased(), row: line.row, column: line.column + 21, style: .dim, within: line)
    let rest = Rectangle(row: line.row, column: line.column + 29, height: 1, width: line.width - 30)
    canvas.putFitted(finding.words, in: rest, style: finding.verdict == .skip ? .dim : .normal)
  }
}

extension Verdict {
  /// How it is written.
  var style: Style {
    switch self {
    case .pass: .good
    case .fail: .danger
    case .warn: .warning
    case .info: .accent
    case .skip: .dim
    }
  }
}
