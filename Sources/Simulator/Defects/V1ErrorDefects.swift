import VFIO

/// Devices of protocol v1 that tell of failures as they should not, or are not what they should be after a reset.
enum V1ErrorDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-ERR-01") {
      .aroundStateWrite { _, after, call, forward in
        V1State.valid.contains(after) ? forward(call) : forward(call).flatMapError { _ in .success(0) }
      }
    },
    Defect("V1-ERR-02") {
      .aroundStateWrite { _, after, call, forward in
        guard after.rawValue == 7 else { return forward(call) }
        var stopping = call
        stopping.bytes = [UInt8](number: V1State.stop.rawValue)
        return forward(stopping).flatMap { _ in .failure(call.refused(.EINVAL)) }
      }
    },
    Defect("V1-ERR-04", showsSevenLater),
    Defect("V1-ERR-06") { afterReset(in: { $0 == .error }) },
    // What libvfio-user does.
    Defect("V1-RST-01") {
      let state = Remembered(V1State.running)
      var interference = Interference.following(state)
      interference.reset = { [reset = interference.reset] asked, forward in
        if state.now == .stop || state.now == .stopCopy { return .failure(DeviceError(.reset, .EINVAL)) }
        return reset?(asked, forward) ?? forward(asked)
      }
      return interference
    },
    Defect("V1-RST-02", keepsPending),
  ]

  /// The error state is shown as 7 when it is read again and again.
  @Sendable private static func showsSevenLater() -> Interference {
    let reads = Remembered(0)
    var interference = Interference()
    interference.read = { call, forward in
      let answer = forward(call)
      guard call.isState, case .success(let bytes) = answer, bytes.number(at: 0) == V1State.error.rawValue else {
        reads.now = 0
        return answer
      }
      let count = reads.change { count in
        count += 1
        return count
      }
      return count > 1 ? .success([UInt8](number: UInt32(7))) : answer
    }
    interference.write = { call, forward in
      reads.now = 0
      return forward(call)
    }
    return interference
  }

  /// After a reset in some states the device is found stopped, until it is asked for something.
  private static func afterReset(in fits: @escaping @Sendable (V1State) -> Bool) -> Interference {
    let shown = Remembered<V1State?>(nil)
    let seen = Remembered(V1State.running)
    var interference = Interference.showing(shown)
    interference.read = { [read = interference.read] call, forward in
      let answer = read?(call, forward) ?? forward(call)
      if call.isState, case .success(let bytes) = answer, let number: UInt32 = bytes.number(at: 0) {
        seen.now = V1State(rawValue: number)
      }
      return answer
    }
    interference.reset = { _, forward in
      let answer = forward(())
      shown.now = fits(seen.now) ? .stop : nil
      return answer
    }
    return interference
  }

  /// What was pending is still said to be when the device was reset, until it is asked for a state.
  @Sendable private static func keepsPending() -> Interference {
    let pending = Remembered<UInt64>(0)
    let isReset = Remembered(false)
    var interference = Interference()
    interference.read = { call, forward in
      guard call.register == Register.pendingBytes else { return forward(call) }
      if isReset.now { return .success([UInt8](number: pending.now)) }
      let answer = forward(call)
      pending.now = answer.number ?? 0
      return answer
    }
    interference.write = { call, forward in
      if call.state != nil {
        isReset.now = false
        pending.now = 0
      }
      return forward(call)
    }
    interference.reset = { _, forward in
      isReset.now = true
      return forward(())
    }
    return interference
  }
}

extension Defect {
  /// How protocol v1 is found and accessed, its states, errors and resets.
  static let v1States: [Defect] =
    V1DiscoveryDefects.all + V1AccessDefects.all + V1StateDefects.all + V1ErrorDefects.all
}
