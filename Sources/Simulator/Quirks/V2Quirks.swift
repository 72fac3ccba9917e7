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
    .plain("flags-echoed") { _, _ in echoesFlags() },
    .plain("logging-for-show") { _, _ in logsForShow() },
    .plain("data-fd-dies") { _, _ in dies() },
    .plain("data-checked-late") { _, _ in checksLate() },
    .refusal("bad-header", refusesHeader),
    .plain("log-everything") { _, _ in logsAll() },
    Quirk(name: "log-pages", value: "BYTES, such as 4096") { text, _ in
      guard let size = Quantity.bytes(text) else { return nil }
      return { _ in logs(inPagesOf: size) }
    },
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

  /// A log that knows pages of one size: it is granted whatever was asked for, and reported in no other.
  private static func logs(inPagesOf size: UInt64) -> Interference {
    var interference = Interference()
    interference.startLogging = { call, forward in
      var granted = call
      granted.pageSize = size
      return forward(granted)
    }
    interference.reportLogging = { bitmap, forward in
      guard bitmap.pageSize == size else {
        return .failure(DeviceError(.reportLogging(bitmap.range, pageSize: bitmap.pageSize), .EINVAL))
      }
      return forward(bitmap)
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

  /// MIG_GET_PRECOPY_INFO leaves the flags as the caller has put them.
  private static func echoesFlags() -> Interference {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      guard case .precopyInfo(_, let flags) = question else { return forward(question) }
      return forward(question).map { reply in
        var bytes = reply.bytes
        if bytes.count >= 8 { bytes.put(number: flags, at: 4) }
        return StreamReply(number: reply.number, bytes: bytes)
      }
    }
    return interference
  }

  /// A log for show: it can be started again, and be reported without having been started. What the kernel looks at
  /// before it asks the driver is refused as ever.
  private static func logsForShow() -> Interference {
    let isOn = Remembered(false)
    var interference = Interference()
    interference.startLogging = { call, forward in
      let answer = forward(call)
      let wasOn = isOn.change { isOn in
        defer { if case .success = answer { isOn = true } }
        return isOn
      }
      return wasOn ? answer.flatMapError { $0.errno == .EINVAL ? .success(call.pageSize) : .failure($0) } : answer
    }
    interference.stopLogging = { _, forward in
      isOn.now = false
      return forward(())
    }
    interference.reportLogging = { bitmap, forward in
      let isRight = bitmap.pageSize >= 4096 && bitmap.pageSize.nonzeroBitCount == 1
      return isRight && !isOn.now ? .success(bitmap) : forward(bitmap)
    }
    interference.reset = { _, forward in
      let answer = forward(())
      if case .success = answer { isOn.now = false }
      return answer
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
