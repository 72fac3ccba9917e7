import VFIO

/// Devices of protocol v1 that do not stand still, or answer no more, while RUNNING is clear.
enum V1QuietDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-QUI-01", writesOn),
    Defect("V1-QUI-03", hidesConfig),
    Defect("V1-NDMA-01", setsBitUnannounced),
  ]

  /// The stopped device goes on writing to memory.
  @Sendable private static func writesOn() -> Interference {
    let state = Remembered(V1State.running)
    let lent = Remembered<SharedMemory?>(nil)
    var hooks = AddressSpaceInterference()
    hooks.map = { call, forward in
      lent.now = call.memory
      return forward(call)
    }
    var interference = Interference.following(state)
    interference.addressSpace = { [hooks] _, forward in forward(()).map { InterferedAddressSpace($0, hooks) } }
    interference.read = { call, forward in
      if !state.now.contains(.runningBit), call.register == Register.deviceState, let memory = lent.now {
        memory.withMutableBytes { bytes in
          bytes.withUnsafeMutableBytes { $0[0] &+= 1 }
        }
      }
      return forward(call)
    }
    return interference
  }

  /// The configuration space reads as ones while RUNNING is clear.
  @Sendable private static func hidesConfig() -> Interference {
    let state = Remembered(V1State.running)
    var interference = Interference.following(state)
    interference.read = { call, forward in
      guard call.region.index == Region.pciConfigIndex, !state.now.contains(.runningBit) else { return forward(call) }
      return .success([UInt8](repeating: 0xFF, count: call.count))
    }
    return interference
  }

  /// device_state has bit 3 set when it is read right after the region was asked for, but not at first, and there is no
  /// capability 6.
  @Sendable private static func setsBitUnannounced() -> Interference {
    let wasRead = Remembered(false)
    let wasDescribed = Remembered(false)
    var interference = Interference()
    interference.regionInfo = { call, forward in
      wasDescribed.now = wasRead.now
      return forward(call)
    }
    interference.read = { call, forward in
      let answer = forward(call)
      wasRead.now = true
      let first = wasDescribed.change { described in
        defer { described = false }
        return described
      }
      guard first, call.register == Register.deviceState, call.count == 4 else { return answer }
      return answer.map { [$0[0] | 1 << 3] + $0.dropFirst() }
    }
    return interference
  }
}
