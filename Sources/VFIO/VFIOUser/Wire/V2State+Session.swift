extension V2State {
  /// Which way data move in this state; nil when they don't.
  var session: StreamDirection? {
    switch self {
    case .preCopy, .stopCopy, .preCopyP2P: .reading
    case .resuming: .writing
    default: nil
    }
  }

  /// The state that vfio-user has in the place of this one: the document does not use the peer-to-peer states.
  var withoutP2P: V2State {
    switch self {
    case .runningP2P: .running
    case .preCopyP2P: .preCopy
    default: self
    }
  }
}
