/// An address of a simulated device that can't be opened. Its description is one line for the person who typed it.
public enum AddressError: Error, Sendable, Equatable {
  /// No profile has this name.
  case unknownProfile(String, known: [String])
  /// A part behind the profile that is not `key=value`.
  case notASetting(String)
  /// The profile has no such option.
  case unknownOption(String, known: [String])
  /// An option that may be given once is there twice.
  case givenTwice(String)
  /// The option can't have this value.
  case badValue(option: String, value: String, expected: String)
  /// The profile itself can't be read: a fault of this program's data, not of the address.
  case brokenProfile(String, why: String)
}

extension AddressError: CustomStringConvertible {
  /// One line, with what was expected. What was typed is quoted and escaped.
  public var description: String {
    switch self {
    case .unknownProfile(let name, let known):
      "no device profile is named \(quoted(name)); there are \(known.joined(separator: ", "))"
    case .notASetting(let text): "\(quoted(text)) is not of the form option=value"
    case .unknownOption(let name, let known):
      "the profile has no option \(quoted(name)); it has \(known.joined(separator: ", "))"
    case .givenTwice(let name): "the option \(name) is given twice"
    case .badValue(let option, let value, let expected): "\(option)=\(quoted(value)): expected \(expected)"
    case .brokenProfile(let name, let why): "the profile \(quoted(name)) can't be read: \(quoted(why))"
    }
  }

  /// The text in quotes, everything that is not printable ASCII written as an escape.
  private func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
  }
}
