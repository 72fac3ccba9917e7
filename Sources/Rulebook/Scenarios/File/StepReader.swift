import Migration
import VFIO

/// Reads the steps of a scenario's file.
struct StepReader {
  let `protocol`: MigrationProtocol
  let limit: Duration
  /// The names under which a step has remembered a value so far.
  var remembered: Set<String> = []
  /// The names under which a step has kept data so far.
  private var kept: Set<String> = []
  /// How many steps are played so far, with all repetitions.
  private var played = 0

  /// The keys of which a step has one.
  private static let actions = [
    "ask", "raw", "reset", "read", "load", "wait", "remember", "inject", "lift", "repeat",
  ]
  /// The keys that go with each of them, beside those that every step has.
  private static let companions = [
    "read": ["as", "within"], "load": ["from"], "wait": ["until"], "remember": ["as"], "repeat": ["until", "steps"],
  ]

  init(protocol: MigrationProtocol, limit: Duration) {
    (self.protocol, self.limit) = (`protocol`, limit)
  }

  mutating func steps(of file: ScenarioTable) throws(ScenarioError) -> [Scenario.Step] {
    let tables = try file.tables("steps")
    guard !tables.isEmpty else { throw file.fault(nil, "expected [[steps]], one or more") }
    var steps: [Scenario.Step] = []
    for table in tables { steps += try self.steps(table, times: 1) }
    return steps
  }

  /// A step, and those that it repeats.
  private mutating func steps(_ table: ScenarioTable, times: Int) throws(ScenarioError) -> [Scenario.Step] {
    let key = try action(table)
    let words = try table.needText("say", "say, a sentence about this step")
    let role = try table.word("on", of: Scenario.Role.self) ?? .source
    if key == "repeat" { return try loop(table, words, role, nested: times > 1) }
    played += times
    guard played <= Scenario.stepLimit else {
      throw table.fault(nil, "with its repetitions it has more steps than expected, \(Scenario.stepLimit) at most")
    }
    let needed = try table.state("needs", of: `protocol`)
    let action = try action(key, table)
    var expected = try expectation(table, "expect")
    try checkEnd(of: action, expected, table)
    expected.complete(for: action, of: `protocol`)
    return [
      Scenario.Step(
        words: words, role: role, needed: needed, action: action, expected: expected, line: table.line ?? 0,
        isRepeated: times > 1)
    ]
  }

  /// Which of the actions it is; nil when it only looks.
  private func action(_ table: ScenarioTable) throws(ScenarioError) -> String? {
    let found = Self.actions.filter { table.values[$0] != nil }
    guard found.count < 2 else {
      throw table.fault(found[1], "\(found.joined(separator: " and ")) in one step, expected one of them")
    }
    let companions = found.first.flatMap { Self.companions[$0] } ?? []
    let expects = found.first == "repeat" ? [] : ["expect", "needs"]
    try table.check(keys: ["say", "on"] + (found.isEmpty ? Self.actions : found) + companions + expects)
    if found.isEmpty && table.values["expect"] == nil {
      throw table.fault(nil, "expected one of \(Self.actions.joined(separator: ", ")), or expect alone")
    }
    return found.first
  }

  private mutating func action(_ key: String?, _ table: ScenarioTable) throws(ScenarioError) -> Scenario.Action {
    switch key {
    case "ask": return .ask(try table.state("ask", of: `protocol`) ?? Request.reset.goal(in: `protocol`))
    case "raw": return .raw(UInt32(try table.integer("raw", in: 0...Int(UInt32.max)) ?? 0))
    case "reset":
      _ = try table.flag("reset")
      return .reset
    case "read":
      let name = try table.text("as") ?? "data"
      kept.insert(name)
      let amount: Scenario.Amount = try table.word(try table.text("read") ?? "", "read")
      return .read(amount, into: name, within: try table.seconds("within", upTo: limit) ?? min(limit, .seconds(10)))
    case "load":
      let name = try table.text("from") ?? "data"
      guard kept.contains(name) else {
        throw table.fault("from", "no step before this one reads \(name), expected one")
      }
      return .load(try table.word(try table.text("load") ?? "", "load"), from: name)
    case "wait":
      let until = try condition(table, mayKnow: [])
      return .wait(try table.seconds("wait", upTo: limit) ?? limit, until: until)
    case "remember": return try remember(table)
    case "inject": return .inject(try fault("inject", table), isOn: true)
    case "lift": return .inject(try fault("lift", table), isOn: false)
    default: return .look
    }
  }

  /// A fault of the device's own, by the word that names it.
  private func fault(_ key: String, _ table: ScenarioTable) throws(ScenarioError) -> String {
    let word = try table.needText(key, "the name of a fault")
    guard DeviceFault.named(word)?.applies(to: `protocol`) == true else {
      let names = DeviceFault.all.filter { $0.applies(to: `protocol`) }.map(\.name).joined(separator: ", ")
      throw table.fault(key, "\"\(word)\" is no fault of a device of \(`protocol`.rawValue), expected one of \(names)")
    }
    do throws(UnknownFault) {
      _ = try DeviceFault.interference(word)
    } catch {
      throw table.fault(key, error.description)
    }
    return word
  }

  private mutating func remember(_ table: ScenarioTable) throws(ScenarioError) -> Scenario.Action {
    let field = try table.text("remember") ?? ""
    let name = try table.needText("as", "as, the name to remember it by")
    guard fields.contains(field) else { throw table.fault("remember", unknown(field)) }
    guard UInt64(name) == nil, !fields.contains(name) else {
      throw table.fault("as", "\(name) is a number or a field, expected a name of its own")
    }
    remembered.insert(name)
    return .remember(field, as: name)
  }

  private mutating func loop(
    _ table: ScenarioTable, _ words: String, _ role: Scenario.Role, nested: Bool
  ) throws(ScenarioError) -> [Scenario.Step] {
    guard !nested else { throw table.fault("repeat", "a repeat inside a repeat, expected other steps") }
    let times = try table.integer("repeat", in: 2...Scenario.stepLimit) ?? 2
    let until = try condition(table, mayKnow: ["got", "bytes", "chunks"])
    var body: [Scenario.Step] = []
    let tables = try table.tables("steps")
    guard !tables.isEmpty else { throw table.fault(nil, "expected [[steps.steps]], the steps to repeat") }
    for inner in tables { body += try steps(inner, times: times) }
    let head = Scenario.Step(
      words: words, role: role, needed: nil, action: .repeat(times: times, count: body.count, until: until),
      expected: Expectation(), line: table.line ?? 0, isRepeated: false)
    return [head] + body
  }
}
