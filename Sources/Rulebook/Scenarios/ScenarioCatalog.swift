import CResources

/// The scenarios that ship with the program.
public enum ScenarioCatalog {
  /// Their names, in the order in which they are best looked at.
  public static let names: [String] = {
    var names: [String] = []
    while let name = cr_scenario_name(names.count) { names.append(String(cString: name)) }
    return names
  }()

  /// All of them.
  public static let shipped: Result<[Scenario], ScenarioError> = Result { () throws(ScenarioError) in
    var scenarios: [Scenario] = []
    for name in names {
      scenarios.append(try Scenario(name: name, file: "\(name).toml", text: text(of: name) ?? ""))
    }
    return scenarios
  }

  /// The text of one of them, as it stands in its file.
  public static func text(of name: String) -> String? {
    names.firstIndex(of: name).flatMap { cr_scenario_text($0) }.map { String(cString: $0) }
  }
}
