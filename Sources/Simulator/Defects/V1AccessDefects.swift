import VFIO

/// Devices of protocol v1 whose registers and window are not accessed as they should be.
enum V1AccessDefects {
  private typealias Register = MigrationRegion.Register

  static let all: [Defect] = [
    Defect("V1-ACC-02", ignoresWidths),
    Defect("V1-ACC-03", losesHalf),
    Defect("V1-ACC-04") {
      reading { call in
        let isInside = call.region.isMigration && call.offset < MigrationRegion.headerSize
        return isInside && !registers.contains(call.offset) ? .success([UInt8](repeating: 0, count: call.count)) : nil
      }
    },
    // What mlx5 and hisi_acc, as posted with protocol v1, and libvfio-user do.
    Defect("V1-ACC-05") {
      reading { call in call.register == Register.reserved ? .failure(call.refused(.EINVAL)) : nil }
    },
    Defect("V1-ACC-06") {
      writing { call in call.register == Register.pendingBytes ? .success(call.bytes.count) : nil }
    },
    Defect("V1-ACC-07") { writing { call in call.register == Register.dataOffset ? .success(call.bytes.count) : nil } },
    Defect("V1-ACC-09") { .describing { $0.mapping([.init(offset: 0, size: $0.size)]) } },
    Defect("V1-ACC-10") { .describing { $0.mapping([.init(offset: 4080, size: $0.size - 4080)]) } },
    // What SPDK does: the window can only be mapped.
    Defect("V1-ACC-11", alsoBreaks: ["V1-SAVE-11"]) {
      reading { call in call.isData ? .failure(call.refused(.ENOTSUP)) : nil }
    },
    Defect("V1-ACC-12", movesAmongTheRegisters),
    Defect("V1-ACC-13", keepsWhatIsNotRead),
  ]

  private static let registers: Set<UInt64> = [
    Register.deviceState, Register.reserved, Register.pendingBytes, Register.dataOffset, Register.dataSize,
  ]

  /// Some reads are answered otherwise.
  private static func reading(_ answer: @escaping @Sendable (RegionCall) -> Result<[UInt8], DeviceError>?)
    -> Interference
  {
    var interference = Interference()
    interference.read = { call, forward in answer(call) ?? forward(call) }
    return interference
  }

  /// Some writes are answered otherwise.
  private static func writing(_ answer: @escaping @Sendable (RegionWrite) -> Result<Int, DeviceError>?) -> Interference
  {
    var interference = Interference()
    interference.write = { call, forward in answer(call) ?? forward(call) }
    return interference
  }

  /// A register of 8 bytes is read whatever the width, as by mlx5 as posted with protocol v1.
  @Sendable private static func ignoresWidths() -> Interference {
    var interference = Interference()
    interference.read = { call, forward in
      guard let register = call.register, registers.contains(register), register >= Register.pendingBytes else {
        return forward(call)
      }
      var whole = call
      whole.count = 8
      return forward(whole).map { Array($0.prefix(call.count)) }
    }
    return interference
  }

  /// Half of data_size comes the third time that it is read for a chunk: who reads it once or twice does not notice.
  @Sendable private static func losesHalf() -> Interference {
    let reads = Remembered(0)
    var interference = Interference()
    interference.read = { call, forward in
      let answer = forward(call)
      if call.register == Register.dataOffset { reads.now = 0 }
      guard call.register == Register.dataSize, call.count == 8 else { return answer }
      let number = reads.change { reads in
        reads += 1
        return reads
      }
      return number == 3 ? answer.map { Array($0.prefix(4)) } : answer
    }
    return interference
  }

  /// While the device resumes, data_offset is 0 when it is read again without a chunk having been given.
  @Sendable private static func movesAmongTheRegisters() -> Interference {
    let reads = Remembered(0)
    var interference = Interference.aroundStateWrite { _, after, call, forward in
      // One read is as good as too many where the device does not resume.
      reads.now = after == .resuming ? 0 : -1
      return forward(call)
    }
    interference.read = { call, forward in
      guard call.register == Register.dataOffset, reads.now >= 0 else { return forward(call) }
      reads.change { $0 += 1 }
      return reads.now > 1 ? forward(call).number { _ in 0 } : forward(call)
    }
    interference.write = { [write = interference.write] call, forward in
      if call.register == Register.dataSize, reads.now > 0 { reads.now = 0 }
      return write?(call, forward) ?? forward(call)
    }
    return interference
  }

  /// A chunk that was not read stays in the window: the next one comes to lie behind the region.
  @Sendable private static func keepsWhatIsNotRead() -> Interference {
    let chunk = Remembered((isOpen: false, isKept: false))
    var interference = Interference.aroundStateWrite { before, after, call, forward in
      if before != .preCopy || after != .stopCopy { chunk.now = (false, false) }
      return forward(call)
    }
    interference.read = { call, forward in
      switch call.register {
      case nil: chunk.change { $0.isOpen = $0.isOpen && !call.isData }
      case Register.pendingBytes: chunk.change { $0 = (false, $0.isKept || $0.isOpen) }
      case Register.dataSize: chunk.change { $0.isOpen = true }
      case Register.dataOffset where chunk.now.isKept: return forward(call).number { _ in call.region.size }
      default: break
      }
      return forward(call)
    }
    return interference
  }
}
