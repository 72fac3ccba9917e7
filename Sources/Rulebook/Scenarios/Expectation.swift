import VFIO

/// What is to be so: the state, how a call ended, how much data there was, values of fields. All of it has to hold.
public struct Expectation: Sendable, Equatable {
  /// The device is in one of these states, by our words for them; any when there are none.
  public var states: [String] = []
  /// The call ended in one of these ways; when there are none, without an error.
  public var errors: [Ending] = []
  /// What was read ended in one of these ways; any when there are none.
  public var got: [Got] = []
  /// Values, in the file's order.
  public var values: [Comparison] = []

  /// How a call ended.
  public enum Ending: Sendable, Equatable {
    /// Without an error.
    case none
    /// With any error.
    case any
    /// With this one.
    case errno(Errno)
  }

  /// How reading ended.
  public enum Got: String, Sendable, CaseIterable {
    /// There was a chunk.
    case chunk
    /// There is nothing for now.
    case nothing
    /// There is no more.
    case end
    /// There was always more, until the time was over.
    case more
  }

  /// One value and what it is compared with.
  public struct Comparison: Sendable, Equatable {
    /// The field, or `bytes` and `chunks` for what the step has moved.
    public let field: String
    /// How.
    public let relation: Relation
    /// What with.
    public let operand: Operand
  }

  /// How two numbers are compared.
  public enum Relation: String, Sendable, CaseIterable {
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case notEqual = "!="
    case less = "<"
    case greater = ">"
    case equal = "="

    func holds(_ left: UInt64, _ right: UInt64) -> Bool {
      switch self {
      case .less: left < right
      case .lessOrEqual: left <= right
      case .equal: left == right
      case .notEqual: left != right
      case .greaterOrEqual: left >= right
      case .greater: left > right
      }
    }
  }

  /// What a value is compared with.
  public enum Operand: Sendable, Equatable {
    case number(UInt64)
    /// What was remembered under this name.
    case remembered(String)
  }

  /// Nothing is expected but that the call ends without an error.
  public init() {}
}

extension Expectation: CustomStringConvertible {
  /// `state stop-copy, pending_bytes > 0`.
  public var description: String {
    var parts: [String] = []
    if !errors.isEmpty { parts.append(Self.oneOf(errors.map(\.description))) }
    if !states.isEmpty { parts.append("state " + Self.oneOf(states)) }
    if !got.isEmpty { parts.append(Self.oneOf(got.map(\.words))) }
    parts += values.map(\.description)
    return parts.isEmpty ? "success" : parts.joined(separator: ", ")
  }

  static func oneOf(_ words: [String]) -> String { words.joined(separator: " or ") }
}

extension Expectation.Ending: CustomStringConvertible {
  /// `success`, `an error`, or the errno.
  public var description: String {
    switch self {
    case .none: "success"
    case .any: "an error"
    case .errno(let errno): errno.name
    }
  }
}

extension Expectation.Got {
  /// In words.
  public var words: String {
    switch self {
    case .chunk: "a chunk"
    case .nothing: "nothing for now"
    case .end: "the end"
    case .more: "always more"
    }
  }
}

extension Expectation.Comparison: CustomStringConvertible {
  /// `pending_bytes > 0`.
  public var description: String { "\(field) \(relation.rawValue) \(operand)" }
}

extension Expectation.Operand: CustomStringConvertible {
  /// The number, or the name.
  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .remembered(let name): name
    }
  }
}
