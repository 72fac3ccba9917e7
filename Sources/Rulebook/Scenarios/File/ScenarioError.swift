/// A scenario's file can't be played.
public struct ScenarioError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it.
  public let file: String
  /// The line, counted from 1; nil when it is about the file as a whole.
  public let line: Int?
  /// What is wrong with it, and what was expected.
  public let why: String

  /// `FILE:LINE: why`.
  public var description: String { [file, line.map(String.init), " \(why)"].compactMap { $0 }.joined(separator: ":") }
}
