import Migration
import VFIO

/// What is expected.
extension StepReader {
  /// What is waited for, or ends a repetition. Of what a call came to it may know only this.
  func condition(_ step: ScenarioTable, mayKnow: [String]) throws(ScenarioError) -> Expectation? {
    guard let table = try step.table("until") else { return nil }
    let unknown = ["errno", "got", "bytes", "chunks"].first { table.values[$0] != nil && !mayKnow.contains($0) }
    if let unknown { throw step.fault("until", "\(unknown) is told by no call here, expected state or a field") }
    return try expectation(step, "until")
  }

  func expectation(_ step: ScenarioTable, _ key: String) throws(ScenarioError) -> Expectation {
    guard let table = try step.table(key) else { return Expectation() }
    try table.check(keys: ["state", "errno", "got", "bytes", "chunks"] + fields)
    var expectation = Expectation()
    for word in try table.texts("state") {
      expectation.states.append(try table.state(word, "state", of: `protocol`).name)
    }
    for word in try table.texts("errno") { expectation.errors.append(try ending(word, table)) }
    for word in try table.texts("got") { expectation.got.append(try table.word(word, "got")) }
    for field in ["bytes", "chunks"] + fields where table.values[field] != nil {
      expectation.values.append(try comparison(field, table))
    }
    guard expectation != Expectation() else { throw table.fault(nil, "\(key) is empty, expected what is to be so") }
    return expectation
  }

  private func ending(_ word: String, _ table: ScenarioTable) throws(ScenarioError) -> Expectation.Ending {
    if word == "none" { return .none }
    if word == "any" { return .any }
    guard let errno = Errno(name: word) else {
      throw table.fault("errno", "\"\(word)\" is no errno, expected one such as EINVAL, or none, or any")
    }
    return .errno(errno)
  }

  /// `5`, `"> 0"`, `"< before"`.
  private func comparison(_ field: String, _ table: ScenarioTable) throws(ScenarioError) -> Expectation.Comparison {
    if case .integer(let number)? = table.values[field], number >= 0 {
      return Expectation.Comparison(field: field, relation: .equal, operand: .number(UInt64(number)))
    }
    guard case .string(let text)? = table.values[field],
      let relation = Expectation.Relation.allCases.first(where: { text.hasPrefix($0.rawValue) })
    else {
      throw table.fault(
        field, "\(field) is \(table.values[field]?.kind ?? ""), expected a number, or one behind < <= = != >= >")
    }
    let operand = String(text.dropFirst(relation.rawValue.count).drop { $0 == " " })
    if let number = UInt64(operand) {
      return Expectation.Comparison(field: field, relation: relation, operand: .number(number))
    }
    guard remembered.contains(operand) else {
      throw table.fault(field, "\"\(operand)\" is no number, and no step before this one remembers it")
    }
    return Expectation.Comparison(field: field, relation: relation, operand: .remembered(operand))
  }

  /// What only reading tells is expected of reading alone.
  func checkEnd(
    of action: Scenario.Action, _ expected: Expectation, _ table: ScenarioTable
  ) throws(ScenarioError) {
    if case .read = action { return }
    if !expected.got.isEmpty { throw table.fault("expect", "got is expected, which only a step that reads can tell") }
    if case .load = action { return }
    if let value = expected.values.first(where: { ["bytes", "chunks"].contains($0.field) }) {
      throw table.fault("expect", "\(value.field) is expected, which only a step that reads or loads can tell")
    }
  }

  /// The names of the fields.
  var fields: [String] {
    switch `protocol` {
    case .v1: ["pending_bytes", "data_offset", "data_size"]
    case .v2: ["data_fd", "initial_bytes", "dirty_bytes", "stop_copy_length"]
    }
  }

  func unknown(_ field: String) -> String {
    "\"\(field)\" is no field of \(`protocol`.rawValue), expected \(fields.joined(separator: ", "))"
  }
}

extension Expectation {
  /// Adds what is expected of every step of its kind, unless the file says something else.
  mutating func complete(for action: Scenario.Action, of protocol: MigrationProtocol) {
    guard errors.isEmpty else { return }
    switch action {
    case .ask(let goal) where states.isEmpty: states = [goal.name]
    case .reset where states.isEmpty: states = [Request.reset.goal(in: `protocol`).name]
    case .read(let amount, _, _) where got.isEmpty:
      got =
        switch amount {
        case .chunk: [.chunk]
        case .drain: [.nothing, .end]
        case .all: [.end]
        }
    default: break
    }
  }
}
