import VFIO

/// What observed devices of either protocol refuse in some states.
enum StateQuirks {
  static let all: [Quirk] = [
    .inStates("reset-refused") { isThere in
      var interference = Interference()
      interference.reset = { _, forward in isThere() ? .failure(DeviceError(.reset, .EINVAL)) : forward(()) }
      return interference
    },
    .inStates("regions-refused") { isThere in
      var interference = Interference()
      interference.read = { call, forward in
        isThere() && !call.region.isMigration ? .failure(call.refused(.EINVAL)) : forward(call)
      }
      interference.write = { call, forward in
        isThere() && !call.region.isMigration ? .failure(call.refused(.EINVAL)) : forward(call)
      }
      return interference
    },
    .inStates("description-refused") { isThere in
      var interference = Interference()
      interference.info = { _, forward in isThere() ? .failure(DeviceError(.deviceInfo, .EINVAL)) : forward(()) }
      interference.regionInfo = { call, forward in isThere() ? .failure(call.refused(.EINVAL)) : forward(call) }
      return interference
    },
    .inStates("reset-ignored", ignoresReset),
  ]

  /// A reset succeeds and leaves the migration as it is.
  @Sendable private static func ignoresReset(_ isThere: @escaping @Sendable () -> Bool) -> Interference {
    var interference = Interference()
    interference.reset = { _, forward in isThere() ? .success(()) : forward(()) }
    return interference
  }
}
