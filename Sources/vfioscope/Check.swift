import ArgumentParser
import Inspector
import Migration
import Rulebook
import VFIO

extension Rule.Harm: ExpressibleByArgument {}

/// `check`: says which rules of the protocol a device keeps.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check which rules of the migration protocol a device keeps.",
    discussion: """
      Without --allow only harmless rules are checked: nothing of the device is changed. --allow perturb also stops \
      the device for moments, --allow lose also resets it, so that it loses its state, and --allow crash also does \
      what may crash its driver or the machine, which has to be confirmed unless the device is simulated.
      Exit code 1 says that the device breaks a rule that it must keep. Rules that rest on words that were never \
      merged are never failed, only warned about.
      """)

  @OptionGroup var checked: CheckedDevice

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Check these rules alone, such as V1-SAVE-04, V1-SAVE or '*-RST-*'.", valueName: "pattern"))
  var rules: [String] = []

  @Option(help: "The worst that may be done to the device.")
  var allow: Rule.Harm = .none

  @Option(help: ArgumentHelp("Write the report as JSON, to a file or - for standard output.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Write the report as JUnit XML, to a file or -.", valueName: "file"))
  var junit: String?

  @Option(
    help: ArgumentHelp("Write the report as a page of HTML that stands alone, to a file or -.", valueName: "file"))
  var html: String?

  @Flag(help: "List the rules instead, with their levels and what checking them may do.")
  var list = false

  @Flag(help: "Print the accesses that were made for every rule, not only for those that are not kept.")
  var evidence = false

  func validate() throws {
    if checked.device == nil && !list { throw ValidationError("name a device, or --list") }
    if list && (junit != nil || html != nil) { throw ValidationError("--list goes with --json alone") }
    if reports.count(where: { $0 == "-" }) > 1 { throw ValidationError("one report alone can go to standard output") }
  }

  func run() throws {
    let chosen = try chosenRules()
    if list { return try printList(chosen) }
    let (opened, session) = try checked.openSession()
    defer { session.interface.close() }
    let fitting = chosen.filter { opened.isBound(by: $0) }
    guard !fitting.isEmpty else {
      throw Failure(.usage, "none of these rules is one for \(opened.reference), which speaks \(session.name)")
    }
    try confirm(opened)
    let report = try supervise(fitting, opened, session)
    try write(report)
    if printsLines, let line = try misplaced(report, opened.reference) { try printLine(printable(line)) }
    if report.count(.fail) > 0 { throw Failure(.broken) }
    if let trouble = report.trouble { throw Failure(.refused, "\(opened.reference): \(trouble)") }
  }

  /// Where reports go.
  private var reports: [String] { [json, junit, html].compactMap { $0 } }

  /// Whether lines for people go to standard output: not beside a report.
  private var printsLines: Bool { !reports.contains("-") }

  private func chosenRules() throws -> [Rule] {
    let book = try Rulebook.shipped.get()
    for pattern in rules where book.rules(matching: [pattern]).isEmpty {
      throw Failure(.usage, "no rule has a name like \(pattern); vfioscope check --list names them all")
    }
    return book.rules(matching: rules)
  }

  private func printList(_ rules: [Rule]) throws {
    if let json {
      let breakers = try Breakers()
      let list = JSON.object([
        "schema": .string("vfioscope.rules/1"), "rules": .array(rules.map { $0.json(with: breakers) }),
      ])
      try printJSON(list, to: json)
    }
    guard printsLines else { return }
    for line in columns(rules.map(\.row)) { try printLine(printable(line)) }
  }

  /// What is not held against a device that is meant to be served, and was not; nil when there is nothing.
  private func misplaced(_ report: CheckReport, _ device: DeviceReference) throws -> String? {
    let onlyHere = try Breakers().onlyHere(device)
    let broken = report.findings.filter { [.fail, .warn].contains($0.verdict) }.map(\.rule.id).filter(onlyHere.contains)
    guard !broken.isEmpty else { return nil }
    return "\(device) is meant to be served at a socket (vfioscope serve), where it does not break "
      + broken.joined(separator: ", ")
  }

  /// What may crash a machine is asked for twice.
  private func confirm(_ opened: OpenedDevice) throws(Failure) {
    guard allow == .crash, !checked.yes, !opened.reference.isSimulated else { return }
    try askUser("\(opened.reference): checks at this level may crash its driver or the machine", about: "check")
  }

  private func supervise(
    _ rules: [Rule], _ opened: OpenedDevice, _ session: MigrationSession
  ) throws -> CheckReport {
    var options = CheckRun.Options()
    options.permission = allow
    options.surroundings = opened.surroundings
    let run = CheckRun(session, options)
    let progress = CheckProgress(
      CheckReport(
        device: opened.reference.description, way: opened.way, protocol: session.interface.protocol.rawValue,
        flags: session.interface.flags, permission: allow, foundState: run.foundState?.name),
      of: rules, prints: printsLines, evidence: evidence)
    let interruption = Interruption(asking: printable(opened.reference.description), cancelling: {})
    // A device that hangs ends the program: what was found out before must not be lost.
    let hang = checked.watchHangs(opened, session) { try? self.write(progress.leave($0)) }
    interruption.set("a check")
    let ending = run.run(
      rules, isCancelled: { interruption.isAsked }, onBegin: progress.begin, onFinding: progress.take)
    interruption.set(nil)
    hang.finish()
    return progress.finish(ending, run.course, in: session.presentState?.name)
  }

  private func write(_ report: CheckReport) throws {
    if let json { try printJSON(report.json, to: json) }
    if let junit { try writeReport(report.junit, to: junit) }
    if let html { try writeReport(report.html, to: html) }
    guard printsLines else { return }
    for line in report.closing { try printLine(printable(line)) }
  }
}

extension Rule {
  /// The rule in the list.
  fileprivate var row: [String] { [id, levelWords, binds.rawValue, harm.rawValue, statement] }
}

extension MigrationSession {
  fileprivate var name: String { "protocol \(interface.protocol.rawValue)" }
}
