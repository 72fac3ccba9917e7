import VFIO

/// What a request will do, told before it is made.
public struct StepPlan: Sendable, Equatable {
  /// What the document says of the request.
  public enum Standing: Sendable, Equatable {
    /// The document has it.
    case allowed
    /// The document is silent; a device may do it or refuse it.
    case optional
    /// The document refuses it; the text says why.
    case refused(String)
  }

  /// Something that comes with the request.
  public enum Effect: Sendable, Equatable, CaseIterable {
    case noChange
    case stopsDevice
    case runsDevice
    case runsForAMoment
    case quietsPeers
    case freesPeers
    case opensSession
    case keepsSession
    case endsSession
    case losesState
    case checksData
  }

  /// How much harm the request can do.
  public enum Danger: Int, Sendable, Comparable {
    /// None.
    case none
    /// The device pauses, or an open data session ends; going back to RUNNING restores the service.
    case perturb
    /// The device's state is lost, or it does work that nobody asked for.
    case lose
    /// The device, or the kernel in front of it, may fail.
    case crash

    /// The smaller danger comes first.
    public static func < (left: Danger, right: Danger) -> Bool { left.rawValue < right.rawValue }
  }

  /// The state the device is in.
  public let from: State
  /// The state asked for.
  public let to: State
  /// The states on the way, both ends included; just the two ends where the document gives no path.
  public let path: [State]
  /// What the document says.
  public let standing: Standing
  /// What comes with it.
  public let effects: [Effect]
  /// Why it stands as it does, in one line; may be empty.
  public let note: String

  /// How much harm it can do.
  public var danger: Danger {
    // A v2 device in ERROR is never asked for a state (MigrationSession.step); v1 has its rules for it.
    if from.isError { return .lose }
    if !effects.allSatisfy({ $0 != .losesState && $0 != .runsForAMoment }) { return .lose }
    return effects.contains(.stopsDevice) || effects.contains(.endsSession) ? .perturb : .none
  }

  init(
    from: State, to: State, path: [State]? = nil, standing: Standing, effects: [Effect] = [], note: String = ""
  ) {
    self.from = from
    self.to = to
    self.path = path ?? (from == to ? [from] : [from, to])
    self.standing = standing
    self.effects = effects
    self.note = note
  }
}

extension StepPlan.Effect {
  /// What will happen, in plain words.
  public var words: String {
    switch self {
    case .noChange: "nothing changes"
    case .stopsDevice: "stops the device"
    case .runsDevice: "runs the device"
    case .runsForAMoment: "runs the device for a moment on the way"
    case .quietsPeers: "starts no new peer-to-peer DMA"
    case .freesPeers: "may start peer-to-peer DMA again"
    case .opensSession: "opens a data session"
    case .keepsSession: "keeps the data session"
    case .endsSession: "ends the data session"
    case .losesState: "the device's own state is lost"
    case .checksData: "the device checks the data it was given"
    }
  }
}

extension StepPlan {
  /// The effects that can be read off the two ends, in both protocols.
  static func effects(from: State, to: State) -> [Effect] {
    if from == to { return [.noChange] }
    var effects: [Effect] = []
    if from.isRunning && !to.isRunning { effects.append(.stopsDevice) }
    if !from.isRunning && to.isRunning { effects.append(.runsDevice) }
    if to.isQuiet && !from.isQuiet && from.isRunning { effects.append(.quietsPeers) }
    if from.isQuiet && !to.isQuiet && to.isRunning { effects.append(.freesPeers) }
    if from.isResuming { effects.append(.checksData) }
    if to.isResuming { effects.append(.losesState) }
    return effects
  }
}
