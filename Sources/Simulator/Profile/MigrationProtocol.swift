import VFIO

/// Which of the two migration protocols a device speaks. States are kept by their protocol's own numbers.
public enum MigrationProtocol: String, Sendable, Decodable {
  /// The migration region.
  case v1
  /// Features and a data fd.
  case v2

  /// The number of the state with this word (`stop-copy`), or nil.
  func state(named word: String) -> UInt32? {
    switch self {
    case .v1: V1State(name: word)?.rawValue
    case .v2: V2State(name: word)?.rawValue
    }
  }

  /// The word for the state with this number.
  func word(for state: UInt32) -> String {
    switch self {
    case .v1: V1State(rawValue: state).name
    case .v2: V2State(rawValue: state).name
    }
  }

  /// The state every reset leads to.
  var running: UInt32 { self == .v1 ? V1State.running.rawValue : V2State.running.rawValue }

  /// The state that only a reset leaves.
  var error: UInt32 { self == .v1 ? V1State.error.rawValue : V2State.error.rawValue }
}
