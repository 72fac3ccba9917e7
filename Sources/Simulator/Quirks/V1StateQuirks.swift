import VFIO

/// What observed devices of protocol v1 make of numbers that are no states.
enum V1StateQuirks {
  static let all: [Quirk] = [
    .refusal("no-state") { errno in
      refusing(with: errno) { !V1State.valid.contains(V1State(rawValue: $0)) }
    },
    .refusal("error-asked") { errno in refusing(with: errno) { $0 == V1State.error.rawValue } },
    .plain("error-taken", takesError),
    .plain("reserved-bits-taken") { _, _ in takesBits() },
    Quirk(name: "again-refused", value: "STATE, such as pre-copy") { text, device in
      guard let state = device.migrationProtocol.state(named: text) else { return nil }
      return { found in
        let now = Remembered(found)
        let refused = refusing(with: .EINVAL) { $0 == state && now.now == state }
        return .stacked([refused, .following(now, device.migrationProtocol)]) ?? refused
      }
    },
  ]

  /// Some numbers are refused when they are written to device_state.
  private static func refusing(with errno: Errno, _ fits: @escaping @Sendable (UInt32) -> Bool) -> Interference {
    var interference = Interference()
    interference.write = { call, forward in
      call.state.map(fits) == true ? .failure(call.refused(errno)) : forward(call)
    }
    return interference
  }

  /// ERROR can be asked for, but not in STOP. Then neither a state nor a reset leads out of it.
  @Sendable private static func takesError(_ found: UInt32, _ device: Quirk.Device) -> Interference {
    let state = Remembered(found)
    let isInError = Remembered(false)
    var interference = Interference()
    interference.write = { call, forward in
      guard let asked = call.state else { return forward(call) }
      if isInError.now { return .failure(call.refused(.EINVAL)) }
      guard asked == V1State.error.rawValue, state.now != V1State.stop.rawValue else { return forward(call) }
      isInError.now = true
      return .success(call.bytes.count)
    }
    interference.read = { call, forward in
      call.isState && isInError.now ? .success([UInt8](number: V1State.error.rawValue)) : forward(call)
    }
    interference.reset = { _, forward in isInError.now ? .failure(DeviceError(.reset, .EINVAL)) : forward(()) }
    return .stacked([interference, .following(state, device.migrationProtocol)]) ?? interference
  }

  /// Reserved bits are not looked at, and read as they were written.
  private static func takesBits() -> Interference {
    let bits = Remembered<UInt32>(0)
    var interference = Interference()
    interference.write = { call, forward in
      guard let asked = call.state else { return forward(call) }
      var plain = call
      plain.bytes = [UInt8](number: asked & V1State.mask)
      let answer = forward(plain)
      if case .success = answer { bits.now = asked & ~V1State.mask }
      return answer
    }
    interference.read = { call, forward in
      let answer = forward(call)
      guard call.isState, bits.now != 0, case .success(let bytes) = answer, let state: UInt32 = bytes.number(at: 0)
      else { return answer }
      return .success([UInt8](number: state | bits.now))
    }
    interference.reset = { _, forward in
      let answer = forward(())
      if case .success = answer { bits.now = 0 }
      return answer
    }
    return interference
  }
}
