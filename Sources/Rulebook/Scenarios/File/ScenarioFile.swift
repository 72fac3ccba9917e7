import Migration

extension Scenario {
  /// Reads a scenario from the text of its file, which is called `file` in messages.
  public init(name: String, file: String, text: String) throws(ScenarioError) {
    let table = try ScenarioTable(text, of: file)
    try table.check(keys: ["title", "shows", "protocol", "begins", "devices", "limit", "steps"])
    self.name = name
    title = try table.needText("title", "title, the scenario's title")
    shows = try table.needText("shows", "shows, a sentence that tells what the scenario shows")
    let words = try table.needText("protocol", "protocol, v1 or v2")
    `protocol` = try table.word(words, "protocol")
    begins = try table.state("begins", of: `protocol`) ?? Request.reset.goal(in: `protocol`)
    devices = try table.texts("devices")
    limit = try table.seconds("limit", upTo: Self.longestLimit) ?? .seconds(60)
    var reader = StepReader(protocol: `protocol`, limit: limit)
    steps = try reader.steps(of: table)
    guard devices.isEmpty || devices.count == roles.count else {
      throw table.fault("devices", "\(counted(devices.count, "device")), expected \(roles.count), one for each role")
    }
  }
}

extension ScenarioTable {
  /// A state of the protocol by our word for it.
  func state(_ key: String, of protocol: MigrationProtocol) throws(ScenarioError) -> State? {
    guard let word = try text(key) else { return nil }
    return try state(word, key, of: `protocol`)
  }

  /// The same for a text that has been taken already.
  func state(_ word: String, _ key: String, of protocol: MigrationProtocol) throws(ScenarioError) -> State {
    guard let state = `protocol`.states.first(where: { $0.name == word }) else {
      let names = `protocol`.states.map(\.name).joined(separator: ", ")
      throw fault(key, "\"\(word)\" is no state of \(`protocol`.rawValue), expected \(names)")
    }
    return state
  }
}
