import TOMLKit

/// A value of a file of TOML, as values of ours.
indirect enum TOMLNode: Sendable, Equatable {
  case table([String: TOMLNode])
  case array([TOMLNode])
  case string(String)
  case integer(Int)
  case number(Double)
  case bool(Bool)
  /// A date or a time.
  case moment

  /// Reads a whole file.
  init(_ text: String, of file: String) throws(ScenarioError) {
    do {
      self = .table(Self.members(of: try TOMLTable(string: text)))
    } catch let error as TOMLParseError {
      throw ScenarioError(file: file, line: error.source.begin.line, why: error.description)
    } catch {
      throw ScenarioError(file: file, line: nil, why: "\(error)")
    }
  }

  private static func members(of table: TOMLTable) -> [String: TOMLNode] {
    var members: [String: TOMLNode] = [:]
    for key in table.keys { members[key] = table[key].map(TOMLNode.init) }
    return members
  }

  private init(_ value: any TOMLValueConvertible) {
    self =
      switch value.type {
      case .table: .table(value.table.map(Self.members) ?? [:])
      case .array: .array(value.array?.map(TOMLNode.init) ?? [])
      case .string: .string(value.string ?? "")
      case .int: .integer(value.int ?? 0)
      case .double: .number(value.double ?? 0)
      case .bool: .bool(value.bool ?? false)
      case .date, .time, .dateTime: .moment
      }
  }

  /// What it is, for a message.
  var kind: String {
    switch self {
    case .table: "a table"
    case .array: "a list"
    case .string(let text): "\"\(text)\""
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .bool(let value): "\(value)"
    case .moment: "a date or a time"
    }
  }
}
