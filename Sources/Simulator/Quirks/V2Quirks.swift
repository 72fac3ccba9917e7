import VFIO

/// How observed devices of protocol v2 depart from the reference.
enum V2Quirks {
  static let all: [Quirk] = [
    .refusal("leaving-error") { errno in
      .aroundChange { from, _, call, forward in from == .error ? call.refused(errno) : forward(call) }
    },
    Quirk(name: "data-size", value: "BYTES, such as 64K") { text, _ in
      guard let size = Quantity.bytes(text) else { return nil }
      return { _ in saysSize(size) }
    },
    .refusal("no-data-size") { errno in
      .answering { $0.flags.index == FeatureNumber.migDataSize.rawValue ? $0.refused(errno) : nil }
    },
    .plain("no-initial-bytes") { _, _ in hidesInitialBytes() },
    .plain("data-fd-dies") { _, _ in dies() },
    .plain("data-checked-late") { _, _ in checksLate() },
    .refusal("bad-header", refusesHeader),
    .plain("log-everything") { _, _ in logsAll() },
    .refusal("map-refused", refusesMaps),
  ]

  /// Logging that is started without ranges is of all memory.
  private static func logsAll() -> Interference {
    var interference = Interference()
    interference.startLogging = { call, forward in
      var all = call
      if call.ranges.isEmpty { all.ranges = [DMARange(iova: 0, length: 1 << 63)] }
      return forward(all)
    }
    return interference
  }

  /// Behind a vfio-user socket: memory that can't be mapped is refused with this error, whatever the reason.
  @Sendable private static func refusesMaps(_ errno: Errno) -> Interference {
    var interference = Interference()
    interference.wire = WireInterference()
    interference.wire?.reply = { reply, command in
      command.command == .dmaMap && reply.header.flags.isError ? command.refused(errno) : reply
    }
    return interference
  }

  /// MIG_DATA_SIZE is always the same.
  private static func saysSize(_ size: UInt64) -> Interference {
    var interference = Interference()
    interference.feature = { call, forward in
      var answer = forward(call)
      if call.is(.get, .migDataSize), answer.failure == nil { answer.data.put(number: size, at: 0) }
      return answer
    }
    return interference
  }

  /// Bad data are taken when they are written.
  private static func checksLate() -> Interference {
    var interference = Interference()
    interference.streamWrite = { bytes, forward in
      forward(bytes).flatMapError { $0.errno == .EINVAL ? .success(bytes.count) : .failure($0) }
    }
    return interference
  }

  private static func hidesInitialBytes() -> Interference {
    var interference = Interference()
    interference.precopyInfo = { _, forward in
      forward(()).map { PrecopyInfo(flags: $0.flags, initialBytes: 0, dirtyBytes: $0.dirtyBytes) }
    }
    interference.streamQuestion = { question, forward in
      guard case .precopyInfo = question else { return forward(question) }
      return forward(question).map { reply in
        var bytes = reply.bytes
        if bytes.count >= 24 { bytes.put(number: UInt64(0), at: 8) }
        return StreamReply(number: reply.number, bytes: bytes)
      }
    }
    return interference
  }

  /// Once data were refused, the data fd takes no more.
  private static func dies() -> Interference {
    let isDead = Remembered(false)
    var interference = Interference()
    interference.streamWrite = { bytes, forward in
      if isDead.now { return .failure(DeviceError(.streamWrite(count: bytes.count), .ENODEV)) }
      let answer = forward(bytes)
      if case .failure(let error) = answer, error.errno == .EINVAL { isDead.now = true }
      return answer
    }
    interference.feature = { call, forward in
      let answer = forward(call)
      if call.state != nil, answer.failure == nil { isDead.now = false }
      return answer
    }
    interference.reset = { _, forward in
      isDead.now = false
      return forward(())
    }
    return interference
  }

  /// Data that begin as they should not are refused with this error.
  @Sendable private static func refusesHeader(_ errno: Errno) -> Interference {
    let hasBegun = Remembered(false)
    var interference = Interference()
    interference.streamWrite = { bytes, forward in
      let answer = forward(bytes)
      if case .failure(let error) = answer, error.errno == .EINVAL, !hasBegun.now {
        return .failure(DeviceError(.streamWrite(count: bytes.count), errno))
      }
      if case .success = answer { hasBegun.now = true }
      return answer
    }
    interference.feature = { call, forward in
      if call.state == .resuming { hasBegun.now = false }
      return forward(call)
    }
    return interference
  }
}
