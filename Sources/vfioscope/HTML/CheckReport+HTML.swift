import Rulebook

/// A page that stands alone: one file, no script, nothing from a network.
extension CheckReport {
  /// The report as a page.
  var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(device)): rules of migration protocol \(escaped(self.protocol))</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <h1>\(escaped(device))</h1>
    <p>\(facts.map(escaped).joined(separator: "<br>\n"))</p>
    \(trouble.map { "<p class=\"trouble\">The run ended early: \(escaped($0)).</p>" } ?? "")
    <p class="counts">\(counts)</p>
    \(figures)
    \(table("Not kept", findings.filter { $0.verdict == .fail || $0.verdict == .warn }, opened: true))
    \(Rule.topics(of: findings).map { table($0.name, $0.findings, opened: false) }.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  private var facts: [String] {
    [
      "Migration protocol \(self.protocol)" + (flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))")
        + ", by \(way).",
      "Found in \(foundState ?? "an unknown state"), left in \(finalState ?? "an unknown state").",
      "Allowed: \(permission.rawValue). \(findings.count) rules in \(duration.inMilliseconds) ms.",
    ]
  }

  private var counts: String {
    Verdict.allCases.map { verdict in
      "<span class=\"\(verdict.rawValue)\">\(count(verdict)) \(verdict.rawValue)</span>"
    }.joined(separator: " ")
  }

  private var figures: String {
    let drawings = [course.stateDrawing, course.valueDrawing, course.valuesSeenOnce].compactMap { $0 }
    return drawings.isEmpty ? "" : "<h2>What the device went through</h2>\n" + drawings.joined(separator: "\n")
  }

  private func table(_ name: String, _ findings: [Finding], opened: Bool) -> String {
    guard !findings.isEmpty else {
      return opened ? "<h2>\(name)</h2>\n<p>Every rule that was checked is kept.</p>" : ""
    }
    return """
      <h2>\(escaped(name))</h2>
      <table>
      <thead><tr><th>Verdict</th><th>Rule</th><th>Level</th><th>What it says, and what was seen</th></tr></thead>
      <tbody>
      \(findings.map { $0.row(opened: opened) }.joined(separator: "\n"))
      </tbody>
      </table>
      """
  }

  private static let style = """
    :root { color-scheme: light dark; }
    body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
    h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
    table { border-collapse: collapse; width: 100%; } th { text-align: left; }
    th, td { padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
    th:nth-child(3) { width: 8rem; } td:nth-child(2) { white-space: nowrap; font-family: ui-monospace, monospace; }
    td:first-child, .counts span { font-weight: 600; }
    .counts span { margin-right: 1.2rem; }
    .pass { color: #1a7f37; } .fail { color: #cf222e; } .warn { color: #9a6700; } .info { color: #0969da; }
    .skip { color: #777; } .seen { display: block; } .trouble { border-left: 4px solid #cf222e; padding-left: .8rem; }
    details { margin-top: .2rem; } pre { font-size: 12px; overflow-x: auto; margin: .3rem 0; }
    svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
    """
}

extension Finding {
  fileprivate func row(opened: Bool) -> String {
    let accesses =
      evidence.isEmpty
      ? ""
      : """
      <details\(opened ? " open" : "")><summary>\(evidence.count == 1 ? "1 access" : "\(evidence.count) accesses")</summary>\
      <pre>\(escaped(evidence.joined(separator: "\n")))</pre></details>
      """
    return """
      <tr><td class="\(verdict.rawValue)">\(verdict.rawValue)</td><td>\(escaped(rule.id))</td>\
      <td>\(escaped(rule.levelWords))</td><td>\(escaped(rule.statement))<span class="seen">\(escaped(words))</span>\
      \(accesses)</td></tr>
      """
  }
}

extension Rule {
  /// The findings by topic, in their order.
  fileprivate static func topics(of findings: [Finding]) -> [(name: String, findings: [Finding])] {
    var topics: [(name: String, findings: [Finding])] = []
    for finding in findings {
      let name = "\(finding.rule.protocol.rawValue) \(finding.rule.topic)"
      if topics.last?.name == name {
        topics[topics.count - 1].findings.append(finding)
      } else {
        topics.append((name, [finding]))
      }
    }
    return topics
  }
}

extension Duration {
  /// With one decimal.
  fileprivate var inMilliseconds: String { "\((microseconds / 100).rounded() / 10)" }
}
