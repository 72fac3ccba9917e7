import Rulebook
import VFIO

extension CheckReport {
  /// The report as JUnit XML, as test servers read it: a test case a rule, a failure for each that must be kept and is not.
  var junit: String {
    let attributes: [(String, String)] = [
      ("name", "vfioscope check \(device)"), ("tests", "\(findings.count)"), ("failures", "\(count(.fail))"),
      ("skipped", "\(count(.skip))"), ("time", duration.inSeconds),
    ]
    let head = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuite\(Self.written(attributes))>"]
    return (head + findings.map { $0.junit } + ["</testsuite>", ""]).joined(separator: "\n")
  }

  fileprivate static func written(_ attributes: [(String, String)]) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }
}

extension Finding {
  fileprivate var junit: String {
    let attributes = [
      ("classname", rule.protocol.rawValue + "." + rule.topic), ("name", rule.id), ("time", duration.inSeconds),
    ]
    let head = "  <testcase\(CheckReport.written(attributes))>"
    let text = ([rule.statement, words] + evidence).joined(separator: "\n")
    let body =
      switch verdict {
      case .fail: "<failure message=\"\(escaped(words))\">\(escaped(text))</failure>"
      case .skip: "<skipped message=\"\(escaped(words))\"/>"
      case .pass, .warn, .info: "<system-out>\(escaped("\(verdict.rawValue): \(text)"))</system-out>"
      }
    return "\(head)\(body)</testcase>"
  }
}

/// Text for XML and HTML: what has a meaning there is escaped, and what may not stand there at all is replaced.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
