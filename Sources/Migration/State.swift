import VFIO

/// The two protocols of linux/vfio.h: v1 is the migration region (Linux 5.8 to 5.17), v2 the features and the data fd
/// (5.18 and later).
public enum MigrationProtocol: String, Sendable, CaseIterable {
  case v1
  case v2

  /// The other one.
  public var other: MigrationProtocol { self == .v1 ? .v2 : .v1 }

  /// All states that the protocol names, in its own order.
  public var states: [State] {
    switch self {
    case .v1: (V1State.valid + [.error]).map(State.v1)
    case .v2: V2State.known.map(State.v2)
    }
  }
}

/// A state of either protocol.
public enum State: Hashable, Sendable {
  case v1(V1State)
  case v2(V2State)

  /// The protocol whose state this is.
  public var `protocol`: MigrationProtocol {
    switch self {
    case .v1: .v1
    case .v2: .v2
    }
  }

  /// The number in the register or in the feature.
  public var number: UInt32 {
    switch self {
    case .v1(let state): state.rawValue
    case .v2(let state): state.rawValue
    }
  }

  /// Our word, such as `pre-copy`, or the number as `0x…`.
  public var name: String {
    switch self {
    case .v1(let state): state.name
    case .v2(let state): state.name
    }
  }

  /// The protocol's spelling, such as `_SAVING|_RUNNING` or `PRE_COPY`.
  public var protocolName: String {
    switch self {
    case .v1(let state): state.protocolName
    case .v2(let state): state.protocolName
    }
  }

  /// Whether only a reset helps.
  public var isError: Bool {
    switch self {
    case .v1(let state): state.withoutReservedBits == .error
    case .v2(let state): state == .error
    }
  }

  /// Whether the device gives its data in this state.
  public var isSaving: Bool {
    switch self {
    case .v1(let state): [.stopCopy, .preCopy].contains(state.withoutReservedBits)
    case .v2(let state): V2Arcs.savingGroup.contains(state)
    }
  }

  /// Whether the device takes data in this state.
  public var isResuming: Bool {
    switch self {
    case .v1(let state): state.withoutReservedBits == .resuming
    case .v2(let state): state == .resuming
    }
  }

  /// Whether the device works without starting new peer-to-peer DMA.
  var isQuiet: Bool { self == .v2(.runningP2P) || self == .v2(.preCopyP2P) }

  /// Whether the device works, at least in part.
  public var isRunning: Bool {
    switch self {
    case .v1(let state): state.contains(.runningBit)
    case .v2(let state): [.running, .runningP2P, .preCopy, .preCopyP2P].contains(state)
    }
  }
}
