import VFIO

/// Devices of protocol v2 that answer `VFIO_DEVICE_FEATURE` as they should not.
enum V2DiscoveryDefects {
  static let all: [Defect] = [
    // Both rules say that the flag is there.
    Defect("V2-DISC-01", alsoBreaks: ["V2-DISC-03"]) { withoutStopCopy },
    Defect("V2-DISC-02") {
      .answering { call in call.is([.probe, .set], .migDeviceState) ? call.refused(.EINVAL) : nil }
    },
    Defect("V2-DISC-03", alsoBreaks: ["V2-DISC-01"]) { withoutStopCopy },
    Defect("V2-DISC-04") {
      .changing { call in
        if call.is([.get, .set], .migDeviceState) {
          call.flags = FeatureFlags(rawValue: FeatureFlags.get.of(.migDeviceState))
        }
      }
    },
    Defect("V2-DISC-05") { .changing { $0.flags = FeatureFlags(rawValue: $0.flags.rawValue & 0x7_FFFF) } },
    Defect("V2-DISC-06") {
      .changing { call in
        if call.is(.get, .migration) { call.argsz = max(call.argsz, 16) }
      }
    },
    Defect("V2-DISC-07") { .answering { call in call.is(.set, .migration) ? FeatureAnswer(data: call.data) : nil } },
    Defect("V2-DISC-08") {
      .changing { call in
        if call.is([], .migration) { call.flags = FeatureFlags(rawValue: FeatureFlags.get.of(.migration)) }
      }
    },
    Defect("V2-DISC-09") {
      .answering { call in FeatureNumber(rawValue: call.flags.index) == nil ? call.refused(.EINVAL) : nil }
    },
  ]

  private static var withoutStopCopy: Interference {
    var interference = Interference()
    interference.feature = { call, forward in
      var answer = forward(call)
      if call.is(.get, .migration), answer.failure == nil, let flags: UInt64 = answer.data.number(at: 0) {
        answer.data.put(number: flags & ~V2Flags.stopCopy.rawValue, at: 0)
      }
      return answer
    }
    return interference
  }
}

extension Interference {
  /// Some calls of a feature don't reach the device, and are answered like this; nil lets them through.
  static func answering(_ answer: @escaping @Sendable (FeatureCall) -> FeatureAnswer?) -> Interference {
    var interference = Interference()
    interference.feature = { call, forward in answer(call) ?? forward(call) }
    return interference
  }

  /// Calls of a feature reach the device changed.
  static func changing(_ change: @escaping @Sendable (inout FeatureCall) -> Void) -> Interference {
    var interference = Interference()
    interference.feature = { call, forward in
      var changed = call
      change(&changed)
      return forward(changed)
    }
    return interference
  }
}
