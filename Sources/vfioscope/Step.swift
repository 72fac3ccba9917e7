import ArgumentParser
import Glibc
import Inspector
import Migration
import VFIO

/// `step`: asks a device for states, one after the other, and shows what became of each.
struct Step: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a device for one state after another, and read back each.",
    discussion: """
      States of v1: running, stop, stop-copy, pre-copy, resuming. States of v2: also running-p2p and pre-copy-p2p. The \
      word reset resets the device, which is the only way out of its error state.
      It stops at the first request that fails. The device stays in the state that it has reached only while it is \
      open: many drivers go back to running when the command ends and closes it, or when it is opened again. A request \
      that loses the device's state, or may harm the machine, has to be confirmed: at the terminal, or by --yes.
      """)

  @OptionGroup var options: DeviceOptions

  @Argument(help: "The states to ask for, in this order, or reset.")
  var states: [String] = []

  @Option(help: ArgumentHelp("After the states, ask for this number as it is. May be repeated.", valueName: "number"))
  var raw: [String] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  @Flag(help: "Do what needs a confirmation without asking.")
  var yes = false

  func validate() throws {
    if states.isEmpty && raw.isEmpty { throw ValidationError("name at least one state, reset, or --raw NUMBER") }
  }

  func run() throws {
    let known = try states.map(StepWord.init(word:)) + raw.map(StepWord.init(raw:))
    let (opened, session) = try options.openSession(journal: journal(tracing: trace))
    defer { session.interface.close() }
    let requests = try known.map { try $0.request(on: session.interface.protocol) }
    let interruption = Interruption(asking: printable(options.device))
    var results: [StepResult] = []
    var ending: Failure?
    for request in requests {
      do throws(Failure) {
        try confirm(request, on: session)
      } catch {
        ending = error
        break
      }
      interruption.set("step to \(request.name)")
      let result = session.step(request)
      interruption.set(nil)
      results.append(result)
      if !json && result.withheld == nil { try result.text.forEach(printLine) }
      ending = result.ending
      if ending != nil { break }
    }
    if json {
      let notDone = requests.dropFirst(results.count).map(\.name)
      try printJSON(StepReport(opened: opened, results: results, notDone: notDone).json)
    }
    if let ending { throw ending }
  }

  /// Asks before what can't be taken back.
  private func confirm(_ request: Request, on session: MigrationSession) throws(Failure) {
    let danger = danger(of: request, on: session)
    guard danger.level >= .lose, !yes else { return }
    try askUser("\(request.name): \(danger.why)", about: request.name)
  }

  private func danger(
    of request: Request, on session: MigrationSession
  ) -> (level: StepPlan.Danger, why: String) {
    switch request {
    case .reset: return (.lose, "a reset loses the device's state")
    case .raw: return (.crash, "a number that is not a state may crash a device or its server")
    case .state(let goal):
      // The step itself asks nothing of a device in ERROR of v2, or of one whose state can't be read.
      guard let now = try? session.interface.state(), now != .v2(.error) else { return (.none, "") }
      let plan = session.interface.plan(from: now, to: goal)
      return (plan.danger, plan.standing.why ?? plan.effects.map(\.words).joined(separator: ", "))
    }
  }
}

/// A word of the command line, before it is known which protocol the device speaks.
enum StepWord: Equatable {
  case reset
  case raw(UInt32)
  case state(String)

  init(word: String) throws(Failure) {
    guard word != "reset" else {
      self = .reset
      return
    }
    guard V1State(name: word) != nil || V2State(name: word) != nil else {
      throw Failure(.usage, "\(word) is no state; states are \(Self.names(.v2)), and reset")
    }
    self = .state(word)
  }

  init(raw text: String) throws(Failure) {
    let isHexadecimal = text.hasPrefix("0x")
    let digits = isHexadecimal ? text.dropFirst(2) : text[...]
    // UInt32 would take a sign too.
    guard digits.first?.isHexDigit == true, let number = UInt32(digits, radix: isHexadecimal ? 16 : 10) else {
      throw Failure(.usage, "--raw \(text): give a number of 32 bits, such as 5 or 0x101")
    }
    self = .raw(number)
  }

  /// What it asks of a device with this protocol.
  func request(on protocol: MigrationProtocol) throws(Failure) -> Request {
    switch self {
    case .reset: return .reset
    case .raw(let number): return .raw(number)
    case .state(let name):
      guard let state = `protocol`.states.first(where: { $0.name == name }) else {
        throw Failure(
          .usage,
          "\(name) is a state of protocol \(`protocol`.other.rawValue); this device speaks \(`protocol`.rawValue): "
            + Self.names(`protocol`))
      }
      return .state(state)
    }
  }

  private static func names(_ protocol: MigrationProtocol) -> String {
    `protocol`.states.map(\.name).joined(separator: ", ")
  }
}
