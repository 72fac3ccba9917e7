/// One table of a scenario's file: gives its values, and says of a wrong one where it is and what was expected.
struct ScenarioTable {
  let file: String
  let lines: TOMLLines
  /// The keys that lead here.
  let path: [String]
  let values: [String: TOMLNode]

  /// The whole file.
  init(_ text: String, of file: String) throws(ScenarioError) {
    guard case .table(let values) = try TOMLNode(text, of: file) else {
      throw ScenarioError(file: file, line: nil, why: "expected a table")
    }
    self.init(file: file, lines: TOMLLines(text), path: [], values: values)
  }

  private init(file: String, lines: TOMLLines, path: [String], values: [String: TOMLNode]) {
    (self.file, self.lines, self.path, self.values) = (file, lines, path, values)
  }

  /// Its line.
  var line: Int? { lines.line(of: path) }

  /// What is wrong with the value of a key, or with the table.
  func fault(_ key: String? = nil, _ why: String) -> ScenarioError {
    ScenarioError(file: file, line: lines.line(of: path + (key.map { [$0] } ?? [])), why: why)
  }

  /// Refuses keys that are none of these: what is misspelt must not be passed over.
  func check(keys: [String]) throws(ScenarioError) {
    // The same one each time.
    for key in values.keys.sorted() where !keys.contains(key) {
      throw fault(key, "unknown key \(key), expected one of \(keys.joined(separator: ", "))")
    }
  }

  func text(_ key: String) throws(ScenarioError) -> String? {
    switch values[key] {
    case nil: return nil
    case .string(let text)?: return text
    case let other?: throw fault(key, "\(key) is \(other.kind), expected a text in quotes")
    }
  }

  /// A text that has to be there, and not be empty.
  func needText(_ key: String, _ what: String) throws(ScenarioError) -> String {
    guard let text = try text(key), !text.isEmpty else {
      throw fault(values[key] == nil ? nil : key, "expected \(what)")
    }
    return text
  }

  /// One of the words of a type.
  func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String, of type: Word.Type
  ) throws(ScenarioError) -> Word? {
    guard let text = try text(key) else { return nil }
    return try word(text, key)
  }

  /// The same for a text that has been taken already.
  func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String, _ key: String) throws(ScenarioError) -> Word
  {
    guard let word = Word(rawValue: text) else {
      throw fault(key, "\(key) is \"\(text)\", expected \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return word
  }

  /// One text, or a list of them; empty when there is none.
  func texts(_ key: String) throws(ScenarioError) -> [String] {
    guard case .array(let elements)? = values[key] else { return try text(key).map { [$0] } ?? [] }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else {
        throw fault(key, "\(key) holds \(element.kind), expected texts in quotes")
      }
      texts.append(text)
    }
    return texts
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ScenarioError) -> Int? {
    guard let value = values[key] else { return nil }
    guard case .integer(let number) = value, range.contains(number) else {
      throw fault(key, "\(key) is \(value.kind), expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func seconds(_ key: String, upTo limit: Duration) throws(ScenarioError) -> Duration? {
    guard let value = values[key] else { return nil }
    let seconds: Double? =
      switch value {
      case .integer(let number): Double(number)
      case .number(let number): number
      default: nil
      }
    guard let seconds, seconds > 0, seconds <= limit / .seconds(1) else {
      throw fault(key, "\(key) is \(value.kind), expected seconds, more than 0 and up to \(limit.words)")
    }
    return .seconds(seconds)
  }

  /// A switch that can only be on: what is not wanted is left out.
  func flag(_ key: String) throws(ScenarioError) -> Bool {
    guard let value = values[key] else { return false }
    guard value == .bool(true) else { throw fault(key, "\(key) is \(value.kind), expected true") }
    return true
  }

  func table(_ key: String) throws(ScenarioError) -> ScenarioTable? {
    guard let value = values[key] else { return nil }
    guard case .table(let members) = value else {
      throw fault(key, "\(key) is \(value.kind), expected a table such as { state = \"stop\" }")
    }
    return ScenarioTable(file: file, lines: lines, path: path + [key], values: members)
  }

  /// The tables of a list.
  func tables(_ key: String) throws(ScenarioError) -> [ScenarioTable] {
    guard let value = values[key] else { return [] }
    guard case .array(let elements) = value else {
      throw fault(key, "\(key) is \(value.kind), expected tables [[\(key)]]")
    }
    var tables: [ScenarioTable] = []
    for (index, element) in elements.enumerated() {
      guard case .table(let members) = element else {
        throw fault(key, "\(key) holds \(element.kind), expected tables [[\(key)]]")
      }
      tables.append(ScenarioTable(file: file, lines: lines, path: path + [key, "\(index)"], values: members))
    }
    return tables
  }
}
