import VFIO

/// How observed devices of protocol v1 give their data.
enum V1DataQuirks {
  private typealias Register = MigrationRegion.Register

  static let all: [Quirk] = [
    reading("pending-empty-outside") { call, state in
      call.register == Register.pendingBytes && !state.contains(.savingBit) ? .success([]) : nil
    },
    .inStates("pending-refused") { isThere in
      var interference = Interference()
      interference.read = { call, forward in
        call.register == Register.pendingBytes && isThere() ? .failure(call.refused(.EINVAL)) : forward(call)
      }
      return interference
    },
    // There is nothing before the device stops.
    inPreCopy("no-pre-copy-data") { call, dataOffset in
      switch call.register {
      case Register.pendingBytes: .success([UInt8](number: UInt64(0)))
      case Register.dataOffset: .success([UInt8](number: dataOffset))
      case Register.dataSize: .failure(call.refused(.EINVAL))
      default: nil
      }
    },
    // All is pending, and nothing comes before the device stops.
    inPreCopy("empty-pre-copy-chunks") { call, dataOffset in
      switch call.register {
      case Register.dataOffset: .success([UInt8](number: dataOffset))
      case Register.dataSize: .success([UInt8](number: UInt64(0)))
      default: nil
      }
    },
    .plain("pending-falls-by-reading") { _, _ in fallsByReading() },
    .plain("iteration-in-order", wantsOrder),
  ]

  /// Some reads of the region are answered otherwise, by the state the device is in; nil lets them through.
  private static func reading(
    _ name: String, _ answer: @escaping @Sendable (RegionCall, V1State) -> Result<[UInt8], DeviceError>?
  ) -> Quirk {
    .plain(name) { found, device in answering(found, device, answer) }
  }

  /// The same in pre-copy alone, for registers of 8 bytes. The second value is where the window begins.
  private static func inPreCopy(
    _ name: String, _ answer: @escaping @Sendable (RegionCall, UInt64) -> Result<[UInt8], DeviceError>?
  ) -> Quirk {
    .plain(name) { found, device in
      answering(found, device) { call, state in
        state == .preCopy && call.count == 8 ? answer(call, device.dataOffset) : nil
      }
    }
  }

  private static func answering(
    _ found: UInt32, _ device: Quirk.Device,
    _ answer: @escaping @Sendable (RegionCall, V1State) -> Result<[UInt8], DeviceError>?
  ) -> Interference {
    let state = Remembered(found)
    var interference = Interference.following(state, device.migrationProtocol)
    interference.read = { call, forward in answer(call, V1State(rawValue: state.now)) ?? forward(call) }
    return interference
  }

  /// pending_bytes falls with every read of the data, and a chunk is over when all of it was read.
  private static func fallsByReading() -> Interference {
    struct Chunk {
      var pending: UInt64 = 0
      var size: UInt64 = 0
      var taken: UInt64 = 0
    }
    let chunk = Remembered(Chunk())
    var interference = Interference()
    interference.read = { call, forward in
      let known = chunk.now
      if call.register == Register.pendingBytes, known.taken < known.size {
        return .success([UInt8](number: known.pending - min(known.pending, known.taken)))
      }
      let answer = forward(call)
      switch call.register {
      case Register.pendingBytes: chunk.now = Chunk(pending: answer.number ?? 0)
      case Register.dataSize: chunk.change { $0.size = answer.number ?? 0 }
      case nil where call.isData:
        let count = UInt64((try? answer.get())?.count ?? 0)
        chunk.change { $0.taken = min($0.size, $0.taken + count) }
      default: break
      }
      return answer
    }
    interference.write = { call, forward in
      if call.state != nil { chunk.now = Chunk() }
      return forward(call)
    }
    interference.reset = { _, forward in
      chunk.now = Chunk()
      return forward(())
    }
    return interference
  }

  /// How far an iteration of libvfio-user has come.
  private enum Iteration: Sendable {
    case initial
    case started(pending: UInt64)
    case prepared
    case finished
  }

  /// pending_bytes opens an iteration, and is remembered until data_offset is read; without it data_offset and data_size
  /// are refused. Where nothing was pending once, nothing will be until the state is written.
  @Sendable private static func wantsOrder(_ found: UInt32, _ device: Quirk.Device) -> Interference {
    let state = Remembered(found)
    let iteration = Remembered(Iteration.initial)
    var interference = Interference()
    interference.read = { call, forward in
      guard V1State(rawValue: state.now).contains(.savingBit), call.count == 8, let register = call.register else {
        return forward(call)
      }
      switch (register, iteration.now) {
      case (Register.pendingBytes, .started(let pending)): return .success([UInt8](number: pending))
      case (Register.pendingBytes, .finished): return .success([UInt8](number: UInt64(0)))
      case (Register.pendingBytes, _):
        let answer = forward(call)
        if let pending = answer.number { iteration.now = pending > 0 ? .started(pending: pending) : .finished }
        return answer
      case (Register.dataOffset, .started):
        iteration.now = .prepared
        return forward(call)
      case (Register.dataSize, .started): return .success([UInt8](number: UInt64(0)))
      case (Register.dataOffset, .initial), (Register.dataOffset, .finished), (Register.dataSize, .initial),
        (Register.dataSize, .finished):
        return .failure(call.refused(.EINVAL))
      default: return forward(call)
      }
    }
    interference.write = { call, forward in
      let answer = forward(call)
      if call.state != nil, case .success = answer { iteration.now = .initial }
      return answer
    }
    interference.reset = { _, forward in
      iteration.now = .initial
      return forward(())
    }
    return .stacked([interference, .following(state, device.migrationProtocol)]) ?? interference
  }
}
