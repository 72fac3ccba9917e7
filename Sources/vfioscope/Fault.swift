import ArgumentParser
import Inspector
import Migration
import Rulebook
import VFIO

/// `fault`: does something wrong to a device on purpose, and says what it makes of it.
struct Fault: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Do something wrong to a device, and see what it makes of it.",
    discussion: """
      Each fault is one that a user of the device could make, and is matched with what a device that keeps the \
      protocol makes of it. Faults that lose the device's state, or may harm the machine, have to be confirmed unless \
      the device is simulated: at the terminal, or by --yes. Faults of devices are another thing: --list names them \
      too; they are for serve --fault and for the option fault= of simulated devices.
      """)

  @OptionGroup var checked: CheckedDevice

  @Argument(help: ArgumentHelp("The faults, by their names.", valueName: "name"))
  var names: [String] = []

  @Flag(help: "List the faults instead: of users, and of devices.")
  var list = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if !list && (checked.device == nil || names.isEmpty) {
      throw ValidationError("name a device and a fault, or --list")
    }
  }

  func run() throws {
    if list { return json ? try printJSON(Self.list) : try printList() }
    let faults = try names.map { (name) throws(Failure) in try Self.fault(name) }
    let (opened, session) = try checked.openSession()
    defer { session.interface.close() }
    for fault in faults where !fault.applies(to: session.interface.protocol.rules) {
      throw Failure(.usage, "\(fault.name) is no fault of protocol \(session.interface.protocol.rawValue)")
    }
    for fault in faults where fault.harm >= .lose && !checked.yes && !opened.reference.isSimulated {
      try askUser("\(fault.name): it may \(fault.harm.words)", about: fault.name)
    }
    try run(faults, opened, session)
  }

  private func run(_ faults: [UserFault], _ opened: OpenedDevice, _ session: MigrationSession) throws {
    let book = try Rulebook.shipped.get()
    let interruption = Interruption(asking: printable(opened.reference.description), cancelling: {})
    let hang = checked.watchHangs(opened, session)
    var reports: [JSON] = []
    var isBroken = false
    var trouble: String?
    for fault in faults where trouble == nil {
      var runOptions = CheckRun.Options()
      runOptions.permission = fault.harm
      runOptions.surroundings = opened.surroundings
      var findings: [Finding] = []
      guard !interruption.isAsked else {
        trouble = Self.givenUp
        break
      }
      interruption.set(fault.name)
      let ending = CheckRun(session, runOptions)
        .run(fault, from: book, isCancelled: { interruption.isAsked }) { findings.append($0) }
      interruption.set(nil)
      trouble =
        switch ending {
        case .complete: nil
        case .lost(let why): why
        case .cancelled: Self.givenUp
        }
      isBroken = isBroken || findings.contains { $0.verdict == .fail }
      let state = session.presentState?.name
      reports.append(fault.json(findings, state))
      if !json { for line in fault.text(findings, state) { try printLine(printable(line)) } }
    }
    hang.finish()
    if json {
      try printJSON(
        .object([
          "schema": .string("vfioscope.fault/1"), "device": .string(opened.reference.description),
          "faults": .array(reports), "trouble": JSON(trouble),
        ]))
    }
    if isBroken { throw Failure(.broken) }
    if let trouble { throw Failure(.refused, "\(opened.reference): \(trouble)") }
  }

  private static let givenUp = "the run was given up"

  private static func fault(_ name: String) throws(Failure) -> UserFault {
    if let fault = UserFault.all.first(where: { $0.name == name }) { return fault }
    if let fault = DeviceFault.named(name) {
      throw Failure(.usage, "\(fault.name) is a fault of devices, for sim:PROFILE,fault=\(name) or serve --fault")
    }
    throw Failure(.usage, "there is no fault \(name); vfioscope fault --list names them")
  }

  /// The faults there are, for programs.
  private static var list: JSON {
    .object([
      "schema": .string("vfioscope.faults/1"),
      "of_users": .array(
        UserFault.all.map { fault in
          .object([
            "name": .string(fault.name), "harm": .string(fault.harm.rawValue), "what": .string(fault.what),
            "expected": .string(fault.expected),
            "protocols": JSON(Rule.Rules.allCases.filter(fault.applies).map(\.rawValue)),
          ])
        }),
      "of_devices": .array(
        DeviceFault.all.map { fault in
          .object([
            "name": .string(fault.name), "value": JSON(fault.value), "example": JSON(fault.example),
            "what": .string(fault.what),
            "expected": .string(fault.expected), "protocols": JSON(fault.protocols.map(\.rawValue).sorted()),
          ])
        }),
    ])
  }

  private func printList() throws {
    let own = UserFault.all.map { ["  \($0.name)", $0.harm.rawValue, $0.what] }
    let devices = DeviceFault.all.map { fault in ["  \(fault.word)", fault.words, fault.what] }
    for line in ["of users, with what they may do to a device:"] + columns(own)
      + ["of devices, with the protocols they are for:"] + columns(devices)
    { try printLine(printable(line)) }
  }
}

extension DeviceFault {
  fileprivate var words: String { protocols.map(\.rawValue).sorted().joined(separator: " ") }
}

extension UserFault {
  fileprivate func text(_ findings: [Finding], _ state: String?) -> [String] {
    ["\(name): \(what)", "  expected: \(expected)"]
      + findings.flatMap { $0.lines(evidence: false).map { "  \($0)" } }
      + ["  state \(state ?? "unknown")"]
  }

  fileprivate func json(_ findings: [Finding], _ state: String?) -> JSON {
    .object([
      "name": .string(name),
      "expected": .string(expected),
      "findings": .array(
        findings.map { finding in
          .object([
            "rule": .string(finding.rule.id), "verdict": .string(finding.verdict.rawValue),
            "seen": .string(finding.words), "evidence": JSON(finding.evidence),
          ])
        }),
      "state": JSON(state),
    ])
  }
}
