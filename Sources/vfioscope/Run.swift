import ArgumentParser
import Glibc
import Inspector
import Inventory
import Migration
import Rulebook
import VFIO

/// `run`: plays a scenario.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play a scenario: steps on one device or two, and what each is to lead to.",
    discussion: """
      A scenario is one of those that --list names, or a file of TOML. Its form is told at the head of \
      v2-save-restore: run v2-save-restore --print. Without a device it is played on those that the scenario names \
      itself, which are simulated ones.
      It ends at the first step that does not come out as expected, with what was done up to there, and exit code 1. \
      The devices stay as they are then, until the command ends and closes them.
      What loses a device's state has to be confirmed: at the terminal, or by --yes. Simulated devices end with the \
      command and need no question.
      """)

  @Argument(help: "A scenario's name or its file, and the devices: the source first.")
  var words: [String] = []

  @Option(help: "The way to devices of the kernel: their own nodes (cdev) or their groups.")
  var via: DeviceOptions.Way = .auto

  @Flag(help: "Name the scenarios there are.")
  var list = false

  @Flag(name: .customLong("print"), help: "Print the scenario's file.")
  var printsFile = false

  @Flag(help: "Play it step by step in the terminal program.")
  var steps = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print every access to the devices on standard error.")
  var trace = false

  @Flag(help: "Do what needs a confirmation without asking.")
  var yes = false

  @Option(help: "Give up when a call does not come back for so many seconds.")
  var timeout: Double = 30

  func validate() throws {
    if words.isEmpty && !list { throw ValidationError("name a scenario, or see --list") }
    if list && !words.isEmpty { throw ValidationError("--list takes no scenario") }
    if steps && (json || trace || list || printsFile || yes) {
      throw ValidationError(
        "--steps plays in the terminal program, which asks itself: --json, --trace, --list, --print and --yes go without it"
      )
    }
    guard (0.1...1e6).contains(timeout) else { throw ValidationError("--timeout takes 0.1 to 1000000 seconds") }
  }

  func run() throws {
    if list { return try printList() }
    let source = try ScenarioSource(named: words[0])
    if printsFile { return try printLine(source.text.last == "\n" ? String(source.text.dropLast()) : source.text) }
    let scenario = try source.scenario()
    let devices = try devices(of: scenario)
    if steps { return try showSteps(of: scenario, on: devices) }
    let opened = try devices.map { try open($0) }
    defer { opened.forEach { $0.session.interface.close() } }
    let cast = ScenarioCast(zip(scenario.roles, opened).map { ($0, $1.device, $1.session) })
    if let misfit = ScenarioRun(scenario).misfit(cast.actors) { throw Failure(.usage, misfit) }
    if scenario.harm >= .lose && !yes && !cast.isSimulated { try askUser(cast.warning(scenario), about: scenario.name) }
    try play(scenario, cast)
  }

  private func play(_ scenario: Scenario, _ cast: ScenarioCast) throws {
    let watch = TransferWatch(quiet: json)
    let interruption = Interruption(
      asking: printable(cast.members.first?.name ?? ""), cancelling: { watch.cancel() },
      saying: "stopping after this step")
    var output = ScenarioOutput(cast, scenario)
    var run = ScenarioRun(scenario)
    let stage = ScenarioStage(run, output)
    // A step that hangs did not come out as expected: the play ends as at any other one.
    let hang = HangWatch(cast.watched(scenario), timeout: .seconds(timeout), showing: watch, status: .broken) {
      try? stage.giveUp($1, after: .seconds(timeout), json: json)
    }
    interruption.set(scenario.name)
    if !json { try output.head.forEach(printLine) }
    var unwritten: Failure?
    while run.ending == nil && unwritten == nil {
      let count = run.outcomes.count
      run.playNext(on: cast.actors, isCancelled: watch.observer.isCancelled)
      do throws(Failure) {
        if !json { for outcome in run.outcomes.dropFirst(count) { try output.write(outcome) } }
      } catch {
        unwritten = error
      }
      stage.keep(run, output)
    }
    interruption.set(nil)
    hang.finish()
    watch.finish()
    if let unwritten { throw unwritten }
    try output.print(run, in: cast.states, json: json)
    if run.ending != .played { throw Failure(.broken) }
  }

  /// The devices that were named, or those that the scenario names.
  private func devices(of scenario: Scenario) throws -> [String] {
    let named = Array(words.dropFirst())
    let devices = named.isEmpty ? scenario.devices : named
    guard !devices.isEmpty else { throw Failure(.usage, "\(words[0]) names no device itself: name one") }
    guard devices.count == scenario.roles.count else {
      let roles = scenario.roles.map(\.rawValue).joined(separator: " and a ")
      throw Failure(.usage, "\(scenario.name) is played on \(counted(scenario.roles.count, "device")): a \(roles)")
    }
    guard Set(devices).count == devices.count || devices.allSatisfy({ $0.hasPrefix("sim:") }) else {
      throw Failure(.usage, "a device can be named once only")
    }
    return devices
  }

  private func open(_ name: String) throws -> (device: OpenedDevice, session: MigrationSession) {
    let options = try DeviceOptions.parse([name, "--via", via.rawValue])
    return try options.openSession(journal: journal(tracing: trace))
  }

  private func showSteps(of scenario: Scenario, on devices: [String]) throws {
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
      throw Failure(.usage, "--steps needs a terminal; without it the scenario is played at once")
    }
    guard Set(devices).count == devices.count else {
      throw Failure(.usage, "--steps takes two devices of different names; seed=2 makes another simulated one")
    }
    let program = try InspectorProgram()
    var options = InspectorProgram.Options()
    let references = devices.map(DeviceReference.init)
    options.device = references.first
    options.scenario = (scenario, on: references)
    try program.run(
      options, opener: DeviceOpener(via: via.interface), scan: { try .scanned(.system) }, say: printError)
  }

  // MARK: the list

  private func printList() throws {
    let scenarios = try ScenarioCatalog.shipped.get()
    guard !json else { return try printJSON(ScenarioOutput.list(scenarios)) }
    let rows = scenarios.map { scenario in
      [scenario.name, counted(scenario.roles.count, "device"), scenario.harm.rawValue, scenario.title]
    }
    try columns([["SCENARIO", "PLAYED ON", "MAY DO", "SHOWS"]] + rows).forEach(printLine)
  }
}

/// Where a scenario comes from: what ships with the program, or a file.
struct ScenarioSource {
  let name: String
  let file: String
  let text: String

  /// The most that is read of a file.
  private static let limit = 1 << 20

  /// A name of one that ships, or a path.
  init(named word: String) throws(Failure) {
    if let text = ScenarioCatalog.text(of: word) {
      (name, file, self.text) = (word, "\(word).toml", text)
      return
    }
    let last = word.split(separator: "/").last.map(String.init) ?? word
    name = last.hasSuffix(".toml") ? String(last.dropLast(5)) : last
    file = word
    text = try Self.read(word)
  }

  func scenario() throws(ScenarioError) -> Scenario { try Scenario(name: name, file: file, text: text) }

  private static func read(_ path: String) throws(Failure) -> String {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      let hint = path.contains("/") || path.contains(".") ? "" : ", and no scenario of this name; see run --list"
      throw Failure(.usage, "\(path): \(Errno(rawValue: errno))\(hint)")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Failure(.usage, "\(path): \(Errno(rawValue: errno))") }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    guard bytes.count <= limit else { throw Failure(.usage, "\(path): more than 1 MiB, which no scenario has") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
