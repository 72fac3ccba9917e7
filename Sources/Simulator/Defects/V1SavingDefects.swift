import VFIO

/// Devices of protocol v1 that give their data as they should not.
enum V1SavingDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-SAVE-01", pendingFallsByReading),
    Defect("V1-SAVE-03", dataComeLate),
    Defect("V1-SAVE-04", sizeShrinks),
    Defect("V1-SAVE-06", chunkComesAgain),
    Defect("V1-SAVE-08", alsoBreaks: ["V1-STATE-09"], preCopyHasToBeDrained),
    Defect("V1-SAVE-10", endIsShort),
    Defect("V1-SAVE-11", chunksAreWhole),
  ]

  /// A read of pending_bytes right behind another one finds a byte less.
  @Sendable private static func pendingFallsByReading() -> Interference {
    let wasPending = Remembered(false)
    var interference = Interference()
    interference.read = { call, forward in
      let isPending = call.register == Register.pendingBytes
      let again = wasPending.change { before in
        defer { before = isPending }
        return before && isPending
      }
      let answer = forward(call)
      return again ? answer.number { $0 > 1 ? $0 - 1 : $0 } : answer
    }
    return interference
  }

  /// The last byte of a chunk is another one when the chunk is read a second time.
  @Sendable private static func dataComeLate() -> Interference {
    let chunk = Remembered((size: 0, reads: 0))
    var interference = Interference()
    interference.read = { call, forward in
      let answer = forward(call)
      if call.register == Register.dataSize, let size = answer.number { chunk.now = (Int(clamping: size), 0) }
      guard call.isData, call.count == chunk.now.size else { return answer }
      let reads = chunk.change { chunk in
        chunk.reads += 1
        return chunk.reads
      }
      return reads < 2 ? answer : answer.map { $0.dropLast() + [~($0.last ?? 0)] }
    }
    return interference
  }

  /// When data_offset is read again, data_size is a byte less.
  @Sendable private static func sizeShrinks() -> Interference {
    let offsets = Remembered(0)
    var interference = Interference()
    interference.read = { call, forward in
      switch call.register {
      case Register.pendingBytes: offsets.now = 0
      case Register.dataOffset: offsets.change { $0 += 1 }
      case Register.dataSize where offsets.now > 1: return forward(call).number { max($0, 1) - 1 }
      default: break
      }
      return forward(call)
    }
    return interference
  }

  /// In pre-copy the first acknowledgement is not heard, and the chunk comes once more.
  @Sendable private static func chunkComesAgain() -> Interference {
    struct Session {
      var pending: UInt64 = 0
      var hasChunk = false
      var isOver = false
    }
    let state = Remembered(V1State.running)
    let session = Remembered(Session())
    var interference = Interference.following(state)
    interference.read = { call, forward in
      if state.now != .preCopy { session.now = Session() }
      let known = session.now
      if call.register == Register.pendingBytes, known.hasChunk, !known.isOver {
        session.change { $0.isOver = true }
        return .success([UInt8](number: known.pending))
      }
      let answer = forward(call)
      switch call.register {
      case Register.pendingBytes: session.change { $0.pending = answer.number ?? 0 }
      case Register.dataSize: session.change { $0.hasChunk = true }
      default: break
      }
      return answer
    }
    return interference
  }

  /// While something is pending in pre-copy, stop-copy is refused.
  @Sendable private static func preCopyHasToBeDrained() -> Interference {
    let state = Remembered(V1State.running)
    let pending = Remembered<UInt64>(0)
    var interference = Interference.following(state)
    let follow = interference.write
    interference.write = { call, forward in
      if call.state == V1State.stopCopy.rawValue, state.now == .preCopy, pending.now > 0 {
        return .failure(call.refused(.EBUSY))
      }
      return follow?(call, forward) ?? forward(call)
    }
    interference.read = { call, forward in
      let answer = forward(call)
      if call.register == Register.pendingBytes { pending.now = answer.number ?? 0 }
      return answer
    }
    return interference
  }

  /// When all data of a stopped device were taken, pending_bytes can't be read any more. What mlx5 as posted does with
  /// nothing saved: 0 bytes come.
  @Sendable private static func endIsShort() -> Interference {
    let state = Remembered(V1State.running)
    let isOver = Remembered(false)
    var interference = Interference.following(state)
    let follow = interference.write
    interference.write = { call, forward in
      if call.state != nil { isOver.now = false }
      return follow?(call, forward) ?? forward(call)
    }
    interference.read = { call, forward in
      guard call.register == Register.pendingBytes else { return forward(call) }
      if isOver.now { return .success([]) }
      let answer = forward(call)
      if state.now == .stopCopy, answer.number == 0 { isOver.now = true }
      return answer
    }
    return interference
  }

  /// A chunk is to be read from its beginning, as libvfio-user's sample wants it.
  @Sendable private static func chunksAreWhole() -> Interference {
    let start = Remembered<UInt64>(0)
    var interference = Interference()
    interference.read = { call, forward in
      if call.isData, call.offset != start.now { return .failure(call.refused(.EINVAL)) }
      let answer = forward(call)
      if call.register == Register.dataOffset, let offset = answer.number { start.now = offset }
      return answer
    }
    return interference
  }
}
