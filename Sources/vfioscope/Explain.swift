import ArgumentParser
import Inspector
import Rulebook
import Simulator

/// `explain`: what a rule says, how much it binds, what it rests on, and who does what.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain rules of the migration protocol.",
    discussion: "vfioscope check --list names all rules.")

  @Argument(help: ArgumentHelp("The rules, such as V1-SAVE-04, V1-SAVE or '*-RST-*'.", valueName: "rule"))
  var rules: [String]

  @Flag(help: "Print one JSON object a rule.")
  var json = false

  func run() throws {
    let book = try Rulebook.shipped.get()
    let breakers = try Breakers()
    var isFirst = true
    for pattern in rules {
      let found = book.rules(matching: [pattern])
      if found.isEmpty { throw Failure(.usage, "no rule has a name like \(pattern); vfioscope check --list names all") }
      for rule in found {
        if json {
          try printJSON(rule.json(with: breakers))
          continue
        }
        if !isFirst { try printLine("") }
        isFirst = false
        for line in rule.text(with: breakers) { try printLine(printable(line)) }
      }
    }
  }
}

extension Rule {
  /// The rule as lines for people.
  func text(with breakers: Breakers) -> [String] {
    let served = self.protocol == .vfioUser ? Breakers.served : ""
    let defect = Defect.profile(breaking: id).map { "sim:\($0),defect=\(id)\(served)" }
    let facts = [
      ["level", levelWords],
      ["binds", binds.rawValue],
      [untestable == nil ? "checked" : "not checked", untestable ?? check],
      ["may do", "\(harm.words) (\(harm.permission))"],
    ]
    return ["\(id)  \(statement)"]
      + columns(
        facts + sources.map { ["rests on", $0.name] } + observed.map { ["seen in", "\($0.who): \($0.what)"] }
          + breakers.words(id).map { ["broken by", $0] } + (defect.map { [["try it on", $0]] } ?? [])
      ).map { "  \($0)" }
  }
}

/// The simulated devices that break rules without a defect: they do what real ones were seen to do.
struct Breakers {
  private let profiles: [ProfileSummary]
  /// Behind the address of one that shows it only there.
  static let served = " when served at a socket"

  init() throws { profiles = try SimulatedDevice.profiles() }

  /// The addresses of those that break this rule.
  func always(_ rule: String) -> [String] { profiles.filter { $0.breaks.contains(rule) }.map { "sim:\($0.name)" } }

  /// Those that do so behind a vfio-user socket alone.
  func onlyServed(_ rule: String) -> [String] {
    profiles.filter { $0.breaksServed.contains(rule) && !$0.breaks.contains(rule) }.map { "sim:\($0.name)" }
  }

  /// The rules that this device breaks where it stands in for one of the kernel, and not behind the socket that it is
  /// meant for; none for devices that are not simulated.
  func onlyHere(_ device: DeviceReference) -> [String] {
    let profile = device.description.dropFirst("sim:".count).prefix { $0 != "," }
    guard device.isSimulated, let found = profiles.first(where: { $0.name == profile }), !found.breaksServed.isEmpty
    else { return [] }
    return found.breaks.filter { !found.breaksServed.contains($0) }
  }

  /// For people; nothing when there are none.
  func words(_ rule: String) -> [String] {
    [(always(rule), ""), (onlyServed(rule), Self.served)]
      .filter { !$0.0.isEmpty }.map { $0.0.joined(separator: ", ") + $0.1 }
  }
}

extension Rule.Harm {
  /// What may be done to a device at this level.
  var words: String {
    switch self {
    case .none: "nothing to the device"
    case .perturb: "stop the device for a moment"
    case .lose: "reset the device, which loses its state"
    case .crash: "crash the device's driver or the machine"
    }
  }

  /// How a check at this level is allowed.
  fileprivate var permission: String { self == .none ? "no --allow is needed" : "--allow \(rawValue)" }
}
