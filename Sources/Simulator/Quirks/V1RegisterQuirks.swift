import VFIO

/// How observed devices of protocol v1 answer accesses to their registers.
enum V1RegisterQuirks {
  private typealias Register = MigrationRegion.Register

  static let all: [Quirk] = [
    refusing("reserved") { offset, _, _ in offset == Register.reserved },
    refusing("misaligned") { offset, _, _ in offset < MigrationRegion.headerSize && !registers.contains(offset) },
    refusing("state-width") { offset, count, _ in offset == Register.deviceState && count != 4 },
    refusing("read-only") { offset, _, isWrite in
      isWrite && (offset == Register.pendingBytes || offset == Register.dataOffset)
    },
    .plain("data-offset-always") { _, device in
      var interference = Interference()
      interference.read = { call, forward in
        guard call.register == Register.dataOffset, call.count == 8 else { return forward(call) }
        return forward(call).flatMapError { _ in .success([UInt8](number: device.dataOffset)) }
      }
      return interference
    },
    .plain("data-offset-stored") { _, device in storesOffset(device.dataOffset) },
    .plain("stale-registers", keepsOld),
  ]

  private static let registers: Set<UInt64> = [
    Register.deviceState, Register.reserved, Register.pendingBytes, Register.dataOffset, Register.dataSize,
  ]

  private static func refusing(
    _ name: String, _ fits: @escaping @Sendable (_ offset: UInt64, _ count: Int, _ isWrite: Bool) -> Bool
  ) -> Quirk {
    .refusal(name) { errno in
      var interference = Interference()
      interference.read = { call, forward in
        let isRefused = call.region.isMigration && fits(call.offset, call.count, false)
        return isRefused ? .failure(call.refused(errno)) : forward(call)
      }
      interference.write = { call, forward in
        let isRefused = call.region.isMigration && fits(call.offset, call.bytes.count, true)
        return isRefused ? .failure(call.refused(errno)) : forward(call)
      }
      return interference
    }
  }

  /// A number written to data_offset is the new place of the window, as long as the device is open: what is behind it are
  /// data, also where registers were.
  private static func storesOffset(_ first: UInt64) -> Interference {
    let stored = Remembered<UInt64?>(nil)
    /// Where in the real region it is; nil when it is no data.
    let place: @Sendable (Region, UInt64) -> UInt64? = { region, offset in
      guard region.isMigration, let start = stored.now, offset >= start else { return nil }
      return offset - start &+ first
    }
    var interference = Interference()
    interference.read = { call, forward in
      var moved = call
      if let offset = place(call.region, call.offset) { moved.offset = offset }
      guard moved.register == Register.dataOffset, let start = stored.now else { return forward(moved) }
      return forward(moved).number { _ in start }
    }
    interference.write = { call, forward in
      var moved = call
      if let offset = place(call.region, call.offset) { moved.offset = offset }
      guard moved.register == Register.dataOffset, let number: UInt64 = moved.bytes.number(at: 0),
        moved.bytes.count == 8
      else { return forward(moved) }
      stored.now = number
      return .success(8)
    }
    return interference
  }

  /// Outside a data session pending_bytes and data_size read as they did last; data_size can be written in every state.
  @Sendable private static func keepsOld(_ found: UInt32, _ device: Quirk.Device) -> Interference {
    let state = Remembered(found)
    let old = Remembered<[UInt64: UInt64]>([:])
    let isInSession: @Sendable () -> Bool = {
      !V1State(rawValue: state.now).isDisjoint(with: [.savingBit, .resumingBit])
    }
    var interference = Interference()
    interference.read = { call, forward in
      guard let register = call.register, [Register.pendingBytes, Register.dataSize].contains(register), call.count == 8
      else { return forward(call) }
      guard isInSession() else { return .success([UInt8](number: old.now[register] ?? 0)) }
      let answer = forward(call)
      if let number = answer.number { old.change { $0[register] = number } }
      return answer
    }
    interference.write = { call, forward in
      guard call.register == Register.dataSize, let number: UInt64 = call.bytes.number(at: 0), call.bytes.count == 8
      else { return forward(call) }
      if V1State(rawValue: state.now).contains(.resumingBit), case .failure(let error) = forward(call) {
        return .failure(error)
      }
      old.change { $0[call.offset] = number }
      return .success(8)
    }
    interference.reset = { _, forward in
      old.now = [:]
      return forward(())
    }
    return .stacked([interference, .following(state, device.migrationProtocol)]) ?? interference
  }
}
