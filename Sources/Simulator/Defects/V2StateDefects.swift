import VFIO

/// Devices of protocol v2 that say of their state, or take for a state, what they should not.
enum V2StateDefects {
  static let all: [Defect] = [
    Defect("V2-STATE-01") {
      var interference = Interference()
      interference.feature = { call, forward in
        var answer = forward(call)
        if call.is(.get, .migDeviceState), answer.failure == nil { answer.data.put(number: Int32(0), at: 4) }
        return answer
      }
      return interference
    },
    Defect("V2-STATE-03") { .taking { $0.rawValue >= V2State.known.count } },
    Defect("V2-STATE-04") { .taking { $0 == .error } },
    Defect("V2-STATE-05", with: ["flags": "5"]) { .taking { $0 == .runningP2P || $0 == .preCopyP2P } },
    Defect("V2-STATE-06") { .refusing(with: .EINVAL) { from, to in from == to } },
    // It comes only half the way.
    Defect("V2-STATE-07", alsoBreaks: ["V2-ARC-21"]) {
      .aroundChange { from, to, call, forward in
        (from, to) == (.preCopyP2P, .running) ? forward(call.asking(for: .runningP2P)) : forward(call)
      }
    },
    Defect("V2-STATE-08") { wavering },
  ]

  /// A device whose state is another one for a moment when it is only looked at for long enough.
  private static var wavering: Interference {
    let looks = Remembered(0)
    var interference = Interference()
    interference.feature = { call, forward in
      var answer = forward(call)
      looks.now = call.is(.get, .migDeviceState) ? looks.now + 1 : 0
      if looks.now == 12 { answer.data.put(number: V2State.stop.rawValue, at: 0) }
      return answer
    }
    return interference
  }
}

extension FeatureCall {
  /// SET of MIG_DEVICE_STATE with this state instead.
  func asking(for state: V2State) -> FeatureCall {
    var call = self
    call.data.put(number: state.rawValue, at: 0)
    return call
  }

  /// GET of MIG_DEVICE_STATE instead.
  var askingForState: FeatureCall {
    var call = self
    call.argsz = 16
    call.flags = FeatureFlags(rawValue: FeatureFlags.get.of(.migDeviceState))
    call.data = [UInt8](repeating: 0, count: 8)
    return call
  }
}

extension Interference {
  /// Stands around every SET of MIG_DEVICE_STATE; gets the present state and the one that is asked for.
  static func aroundChange(
    _ hook: @escaping @Sendable (V2State, V2State, FeatureCall, (FeatureCall) -> FeatureAnswer) -> FeatureAnswer
  ) -> Interference {
    var interference = Interference()
    interference.feature = { call, forward in
      guard let goal = call.state, let number: UInt32 = forward(call.askingForState).data.number(at: 0) else {
        return forward(call)
      }
      return hook(V2State(rawValue: number), goal, call, forward)
    }
    return interference
  }

  /// Some changes are refused, and the state stays.
  static func refusing(
    with errno: Errno, _ isRefused: @escaping @Sendable (_ from: V2State, _ to: V2State) -> Bool
  ) -> Interference {
    aroundChange { from, to, call, forward in isRefused(from, to) ? call.refused(errno) : forward(call) }
  }

  /// Some states are taken that there are not; nothing happens.
  static func taking(_ isTaken: @escaping @Sendable (V2State) -> Bool) -> Interference {
    answering { call in
      guard let state = call.state, isTaken(state) else { return nil }
      return FeatureAnswer(data: call.data)
    }
  }
}
