import ArgumentParser
import FoundationEssentials
import Inspector
import Rulebook

/// `compare`: the reports of several devices side by side, rules down, devices across.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare the reports of several devices.",
    discussion: """
      Shows the rules that the devices do not all keep alike. A report is what vfioscope check DEVICE --json FILE \
      wrote.
      """)

  @Argument(help: ArgumentHelp("The reports.", valueName: "report"))
  var reports: [String]

  @Flag(help: "Show all rules, also those that the devices all keep.")
  var all = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if reports.count < 2 { throw ValidationError("name two reports, or more") }
  }

  func run() throws {
    let read = try reports.map(ComparedReport.init(path:))
    let book = try Rulebook.shipped.get()
    let compared = book.rules.compactMap { ComparedRule($0, in: read) }
    let rows = compared.filter { all || $0.differs }
    if json { return try printJSON(Self.json(read, rows)) }
    let names = read.enumerated().map { index, report in "\(index + 1): \(report.device)" }
    for name in names { try printLine(printable(name)) }
    if let words = Self.nothingShared(compared) { try printLine(words) }
    if rows.isEmpty {
      if Self.nothingShared(compared) == nil { try printLine("The devices keep and break the same rules.") }
      return
    }
    let head = ["rule", "level"] + read.indices.map { "\($0 + 1)" } + ["says"]
    let lines = columns([head] + rows.map(\.cells))
    try printLine(printable(lines[0]))
    for (row, line) in zip(rows, lines.dropFirst()) {
      for line in [line] + row.sights { try printLine(printable(line)) }
    }
  }

  /// Why the reports can't be compared; nil when they can.
  private static func nothingShared(_ rules: [ComparedRule]) -> String? {
    if !rules.contains(where: { $0.rows.count { $0 != nil } > 1 }) { return "The reports have no rules in common." }
    if !rules.contains(where: { $0.checked.count > 1 }) { return "No rule was checked in more than one report." }
    return nil
  }

  private static func json(_ reports: [ComparedReport], _ rows: [ComparedRule]) -> JSON {
    .object([
      "schema": .string("vfioscope.compare/1"),
      "devices": JSON(reports.map(\.device)),
      "rules": .array(rows.map(\.json)),
    ])
  }
}

/// One report that is compared.
private struct ComparedReport: Decodable {
  let schema: String
  let device: String
  let findings: [Row]

  struct Row: Decodable {
    let rule: String
    let verdict: Verdict
    let seen: String
  }

  init(path: String) throws(Failure) {
    let text = try contents(of: path, limit: 16 << 20)
    do {
      self = try JSONDecoder().decode(ComparedReport.self, from: Data(text))
    } catch {
      throw Failure(.usage, "\(path): not a report that vfioscope check --json has written")
    }
    guard schema == "vfioscope.check/1" else {
      throw Failure(.usage, "\(path): its schema is \(schema), not vfioscope.check/1")
    }
  }
}

/// One rule over all reports.
private struct ComparedRule {
  let rule: Rule
  /// What each report says; nil when it does not have the rule.
  let rows: [ComparedReport.Row?]

  init?(_ rule: Rule, in reports: [ComparedReport]) {
    rows = reports.map { report in report.findings.first { $0.rule == rule.id } }
    guard rows.contains(where: { $0 != nil }) else { return nil }
    self.rule = rule
  }

  /// What the reports say in which it was checked.
  var checked: [ComparedReport.Row] { rows.compactMap { $0 }.filter { $0.verdict != .skip } }

  /// Whether the devices that were checked are not all alike, or one of them does not keep it. What was not checked says
  /// nothing.
  var differs: Bool {
    let differing = Set(checked.map { $0.verdict == .info ? $0.seen : $0.verdict.rawValue }).count > 1
    return differing || checked.contains { $0.verdict == .fail || $0.verdict == .warn }
  }

  var cells: [String] {
    [rule.id, rule.levelWords] + rows.map { $0?.verdict.rawValue ?? "-" } + [rule.statement]
  }

  /// What was seen, with the devices of which it was: `  1, 3  EINVAL`. Nothing where they are all alike.
  var sights: [String] {
    var devices: [String: [Int]] = [:]
    var order: [String] = []
    for (number, row) in zip(1..., rows) {
      guard let row, row.verdict != .skip else { continue }
      if devices[row.seen] == nil { order.append(row.seen) }
      devices[row.seen, default: []].append(number)
    }
    guard order.count > 1 else { return [] }
    return order.map { seen in "  \((devices[seen] ?? []).map(String.init).joined(separator: ", ")): \(seen)" }
  }

  var json: JSON {
    .object([
      "rule": .string(rule.id),
      "level": .string(rule.level.rawValue),
      "proposed": .bool(rule.isProposed),
      "verdicts": .array(rows.map { JSON($0?.verdict.rawValue) }),
      "seen": .array(rows.map { JSON($0?.seen) }),
    ])
  }
}
