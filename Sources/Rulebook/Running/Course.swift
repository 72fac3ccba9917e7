import VFIO

/// What a device went through in a run: its states and values over time, as they were seen.
public struct Course: Sendable, Equatable {
  /// Something that was seen at one moment.
  public struct Point: Sendable, Equatable {
    /// Since the run began.
    public let time: Duration
    /// What was seen.
    public let sight: Sight
  }

  /// A state or a value.
  public enum Sight: Sendable, Equatable {
    /// The state that was read, by our word.
    case state(String)
    /// A value, by the protocol's name for it, in bytes.
    case value(String, UInt64)
  }

  /// Enough for every run; what comes after so many is left out.
  static let limit = 10_000

  /// What was seen, oldest first. A state that was read again and had not changed is not repeated.
  public private(set) var points: [Point] = []

  /// Nothing was seen yet.
  public init() {}

  /// What was seen.
  public init(points: [Point]) { self.points = points }

  /// Takes what an access tells.
  mutating func note(_ access: Access, since start: ContinuousClock.Instant) {
    guard points.count < Self.limit, let sights = access.sights else { return }
    let time = start.duration(to: access.start + access.duration)
    for sight in sights where !repeats(sight) { points.append(Point(time: time, sight: sight)) }
  }

  private func repeats(_ sight: Sight) -> Bool {
    guard case .state = sight else { return false }
    let last = points.last { if case .state = $0.sight { true } else { false } }
    return last?.sight == sight
  }
}

extension Access {
  /// What this access tells of the device; nil when it tells nothing.
  fileprivate var sights: [Course.Sight]? {
    guard failure == nil else { return nil }
    switch (operation, register) {
    case (.read, "device_state"):
      let number: UInt32? = payload.number(at: 0)
      return number.map { [.state(V1State(rawValue: $0).name)] }
    case (.read, "pending_bytes"):
      return payload.number(UInt64.self, at: 0).map { [.value("pending_bytes", $0)] }
    case (.precopyInfo, _):
      guard let initial: UInt64 = payload.number(at: 0), let dirty: UInt64 = payload.number(at: 8) else { return nil }
      return [.value("initial_bytes", initial), .value("dirty_bytes", dirty)]
    case (.feature(_, let flags), _): return featureSights(FeatureFlags(rawValue: flags))
    default: return nil
    }
  }

  private func featureSights(_ flags: FeatureFlags) -> [Course.Sight]? {
    guard flags.contains(.get), !flags.contains(.probe) else { return nil }
    return switch FeatureNumber(rawValue: flags.index) {
    case .migDeviceState: payload.number(UInt32.self, at: 0).map { [.state(V2State(rawValue: $0).name)] }
    case .migDataSize: payload.number(UInt64.self, at: 0).map { [.value("stop_copy_length", $0)] }
    default: nil
    }
  }
}
