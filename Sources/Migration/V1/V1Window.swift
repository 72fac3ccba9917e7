import VFIO

/// What is known of the data window of protocol v1 between two looks.
struct V1Window {
  /// Whether a chunk lies in the window that has not been acknowledged. Reading `pending_bytes` would acknowledge it.
  enum Chunk {
    /// Somebody else may have opened one before this session began.
    case unknown
    /// None since this session entered the state.
    case none
    /// One is open.
    case open
  }

  /// A register that is not read for looking.
  enum Register {
    case unread
    case seen(UInt64, at: Moment)

    func field(_ name: String, _ unit: Field.Unit) -> Field {
      switch self {
      case .unread: Field(name, nil, unit, .notRead)
      case .seen(let value, let time): Field(name, value, unit, .lastSeen(time.instant))
      }
    }
  }

  var chunk = Chunk.unknown
  /// Whether the window's session was begun here and no chunk has gone through it.
  var isUntouched = false
  var pending = Register.unread
  var offset = Register.unread
  var size = Register.unread

  /// What is known when the device was in one state and is in another one now.
  func arrived(in state: State, from before: State?) -> V1Window {
    guard let before, !state.isSame(as: before) else { return self }
    // Stopping a device in pre-copy goes on with the same data; every other change begins a window or ends it.
    if before.isSaving && before.isRunning && state.isSaving { return self }
    return V1Window(chunk: state.isSaving ? .none : .unknown, isUntouched: state.isSaving || state.isResuming)
  }
}
