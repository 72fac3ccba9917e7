import VFIO

/// Devices of protocol v1 that say of their state what is not so, or refuse changes that they have to make.
enum V1StateDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-STATE-01", stoppedAtFirst),
    Defect("V1-STATE-04", entersFive),
    Defect("V1-STATE-06") { refusing(.running, .stop) },
    Defect("V1-STATE-07", alsoBreaks: ["V1-SAVE-02", "V1-SAVE-05"]) { refusing(.running, .preCopy) },
    Defect("V1-STATE-08", alsoBreaks: ["V1-SAVE-07", "V1-SAVE-14"]) { refusing(.running, .stopCopy) },
    Defect("V1-STATE-09", wantsToBeAsked),
    Defect("V1-STATE-10") { refusing(.stopCopy, .stop) },
    Defect("V1-STATE-11", alsoBreaks: ["V1-RES-01", "V1-RES-03", "V1-RES-04"]) { refusing(.running, .resuming) },
    Defect("V1-STATE-12", alsoBreaks: ["V1-RES-02", "V1-RES-03"], staysResuming),
    Defect("V1-STATE-19", showsItLater),
    Defect("V1-STATE-20", wavers),
    Defect("V1-STATE-21", losesTheChunk),
    Defect("V1-STATE-23") { refusing(.resuming, .preCopy) },
  ]

  private static func refusing(_ from: V1State, _ to: V1State) -> Interference {
    .aroundStateWrite { before, after, call, forward in
      before == from && after == to ? .failure(call.refused(.EINVAL)) : forward(call)
    }
  }

  /// The device is found stopped, until it is asked for something.
  @Sendable private static func stoppedAtFirst() -> Interference {
    .showing(Remembered<V1State?>(.stop))
  }

  /// 5 is taken, and shown.
  @Sendable private static func entersFive() -> Interference {
    let shown = Remembered<V1State?>(nil)
    var interference = Interference.showing(shown)
    interference.write = { [write = interference.write] call, forward in
      guard call.state == 5 else { return write?(call, forward) ?? forward(call) }
      shown.now = V1State(rawValue: 5)
      return .success(call.bytes.count)
    }
    return interference
  }

  /// Pre-copy can be left for stop-copy only when pending_bytes was read in it.
  @Sendable private static func wantsToBeAsked() -> Interference {
    let wasAsked = Remembered(false)
    var interference = Interference.aroundStateWrite { before, after, call, forward in
      if before == .preCopy, after == .stopCopy, !wasAsked.now { return .failure(call.refused(.EBUSY)) }
      wasAsked.now = false
      return forward(call)
    }
    interference.read = { call, forward in
      if call.register == Register.pendingBytes { wasAsked.now = true }
      return forward(call)
    }
    return interference
  }

  /// When it was given data, the resuming device does not run.
  @Sendable private static func staysResuming() -> Interference {
    let isLoaded = Remembered(false)
    var interference = Interference.aroundStateWrite { before, after, call, forward in
      if before == .resuming, after == .running, isLoaded.now { return .failure(call.refused(.EINVAL)) }
      isLoaded.now = false
      return forward(call)
    }
    interference.write = { [write = interference.write] call, forward in
      let answer = write?(call, forward) ?? forward(call)
      if call.register == Register.dataSize, case .success = answer { isLoaded.now = true }
      return answer
    }
    return interference
  }

  /// When pre-copy is entered from STOP, the register shows it only when it is read once more.
  @Sendable private static func showsItLater() -> Interference {
    let old = Remembered<V1State?>(nil)
    var interference = Interference.aroundStateWrite { before, after, call, forward in
      let answer = forward(call)
      if before == .stop, after == .preCopy, case .success = answer { old.now = .stop }
      return answer
    }
    interference.read = { call, forward in
      guard call.isState, let state = old.change({ $0.take() }) else { return forward(call) }
      return .success([UInt8](number: state.rawValue))
    }
    return interference
  }

  /// A device that is only looked at for long enough is stopped all at once.
  @Sendable private static func wavers() -> Interference {
    let looks = Remembered(0)
    var interference = Interference()
    interference.read = { call, forward in
      let count = looks.change { looks in
        looks = call.isState ? looks + 1 : 0
        return looks
      }
      return count > 10 ? .success([UInt8](number: V1State.stop.rawValue)) : forward(call)
    }
    interference.write = { call, forward in
      looks.now = 0
      return forward(call)
    }
    return interference
  }

  /// When the state is read with a chunk in the window, the chunk is gone.
  @Sendable private static func losesTheChunk() -> Interference {
    let chunk = Remembered((isOpen: false, isLost: false))
    var interference = Interference()
    interference.read = { call, forward in
      switch call.register {
      case Register.pendingBytes: chunk.now = (false, false)
      case Register.dataSize where chunk.now.isLost: return forward(call).number { _ in 0 }
      case Register.dataSize: chunk.change { $0.isOpen = true }
      case Register.deviceState where chunk.now.isOpen: chunk.change { $0.isLost = true }
      default: break
      }
      return forward(call)
    }
    interference.write = { call, forward in
      if call.state != nil { chunk.now = (false, false) }
      return forward(call)
    }
    return interference
  }
}

extension Interference {
  /// Stands around every write of device_state; gets the state entered last, and the one that is asked for.
  static func aroundStateWrite(
    _ hook:
      @escaping @Sendable (
        _ before: V1State, _ after: V1State, RegionWrite, (RegionWrite) -> Result<Int, DeviceError>
      ) -> Result<Int, DeviceError>
  ) -> Interference {
    let state = Remembered(V1State.running)
    var interference = following(state)
    interference.write = { [write = interference.write] call, forward in
      guard let number = call.state else { return forward(call) }
      return hook(state.now, V1State(rawValue: number), call) { call in write?(call, forward) ?? forward(call) }
    }
    return interference
  }

  /// The register shows another state than the device is in, until the device is asked for one, or reset.
  static func showing(_ state: Remembered<V1State?>) -> Interference {
    var interference = Interference()
    interference.read = { call, forward in
      guard call.isState, let state = state.now else { return forward(call) }
      return .success([UInt8](number: state.rawValue))
    }
    interference.write = { call, forward in
      if call.state != nil { state.now = nil }
      return forward(call)
    }
    interference.reset = { _, forward in
      state.now = nil
      return forward(())
    }
    return interference
  }
}

extension RegionCall {
  /// Whether this reads device_state with its own width.
  var isState: Bool { register == MigrationRegion.Register.deviceState && count == 4 }
}
