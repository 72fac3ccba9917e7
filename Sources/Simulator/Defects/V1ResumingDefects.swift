import VFIO

/// Devices of protocol v1 that take data as they should not.
enum V1ResumingDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-RES-02", consumesLater),
    Defect("V1-RES-04", wantsReset),
    Defect("V1-RES-05", alsoBreaks: ["V1-ERR-05", "V1-ERR-06", "V1-ERR-08"], takesAnything),
  ]

  /// A chunk is consumed when the next one comes, or when RESUMING is left, not when data_size is written.
  @Sendable private static func consumesLater() -> Interference {
    let state = Remembered(V1State.running)
    let waiting = Remembered<RegionWrite?>(nil)
    let isNextDue = Remembered(false)
    var interference = Interference.following(state)
    let follow = interference.write
    interference.read = { call, forward in
      if call.register == Register.dataOffset { isNextDue.now = true }
      return forward(call)
    }
    interference.write = { call, forward in
      if call.register == Register.dataSize, state.now == .resuming, call.bytes.count == 8 {
        waiting.now = call
        isNextDue.now = false
        return .success(call.bytes.count)
      }
      let isDue = call.state != nil || call.register == nil && isNextDue.now
      if isDue, let late = waiting.change({ $0.take() }), case .failure(let error) = forward(late) {
        return .failure(error)
      }
      return follow?(call, forward) ?? forward(call)
    }
    interference.reset = { [reset = interference.reset] asked, forward in
      waiting.now = nil
      return reset?(asked, forward) ?? forward(asked)
    }
    return interference
  }

  /// Right after pre-copy was given up for RUNNING, RESUMING is refused once, unless the device was reset meanwhile.
  @Sendable private static func wantsReset() -> Interference {
    let needsReset = Remembered(false)
    var interference = Interference.aroundStateWrite { before, after, call, forward in
      let isRefused = needsReset.now && after == .resuming
      needsReset.now = before == .preCopy && after == .running
      return isRefused ? .failure(call.refused(.EBUSY)) : forward(call)
    }
    interference.reset = { [reset = interference.reset] asked, forward in
      needsReset.now = false
      return reset?(asked, forward) ?? forward(asked)
    }
    return interference
  }

  /// What is loaded is thrown away, and nothing is ever missing.
  @Sendable private static func takesAnything() -> Interference {
    var interference = Interference()
    interference.write = { call, forward in
      guard call.register == Register.dataSize, let size: UInt64 = call.bytes.number(at: 0), call.bytes.count == 8,
        size <= call.region.size
      else { return forward(call) }
      var nothing = call
      nothing.bytes = [UInt8](number: UInt64(0))
      return forward(nothing)
    }
    return interference
  }
}
