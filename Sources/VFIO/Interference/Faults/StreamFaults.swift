/// Faults of the data: of the data fd in protocol v2, and of the window in v1 where that has the same.
extension DeviceFault {
  static let streams: [DeviceFault] = [
    DeviceFault(
      "short-reads", value: "BYTES", example: "7", what: "Gives at most so many bytes of data with one read.",
      expected: "Reads on until it has what it wants."
    ) { text in
      UInt16(text).map { shortening(Int($0)) }
    },
    DeviceFault(
      "interrupted", what: "Every second read or write of data is interrupted (EINTR).",
      expected: "Makes the call again."
    ) { _ in
      stumbling(.EINTR)
    },
    DeviceFault(
      "not-ready", [.v2], what: "Every second read or write of data is not ready (EAGAIN).",
      expected: "Waits and makes the call again."
    ) { _ in
      stumbling(.EAGAIN)
    },
    DeviceFault(
      "empty-for-ever", [.v2], what: "Never has data (ENOMSG).",
      expected: "In pre-copy takes it for nothing now and stops the device after a while; in stop-copy ends at a bound."
    ) { _ in
      reading { count, _ in .failure(DeviceError(.streamRead(count: count), .ENOMSG)) }
    },
    DeviceFault(
      "endless", [.v2], what: "Never comes to the end of its data: more zeros follow.",
      expected: "Ends at a bound of bytes or time and says so."
    ) { _ in
      reading { count, forward in
        forward(count).map { $0.isEmpty ? [UInt8](repeating: 0, count: min(count, 4096)) : $0 }
      }
    },
    DeviceFault(
      "broken-after", value: "BYTES", example: "4096", [.v2],
      what: "Answers EIO once so many bytes of data have moved.",
      expected: "Gives the transfer up, says after how many bytes, and leaves the devices in a safe state."
    ) { text in
      UInt64(text).map(breaking)
    },
    DeviceFault(
      "no-data-fd", [.v2], what: "Gives no data fd where one is due.",
      expected: "Says that the data fd is missing and reads nothing."
    ) { _ in
      var interference = Interference()
      interference.feature = { call, forward in
        var answer = forward(call)
        if call.state != nil, answer.data.count >= 8 { answer.data.put(number: Int32(-1), at: 4) }
        return answer
      }
      return interference
    },
  ]

  private static func reading(_ hook: @escaping Interference.Hook<Int, [UInt8]>) -> Interference {
    var interference = Interference()
    interference.streamRead = hook
    return interference
  }

  /// Whether this is a part of the window of protocol v1.
  private static func isData(_ call: RegionCall) -> Bool { call.region.isMigration && call.register == nil }

  private static func shortening(_ limit: Int) -> Interference {
    var interference = reading { count, forward in limit == 0 ? .success([]) : forward(min(count, limit)) }
    interference.read = { call, forward in
      guard isData(call) else { return forward(call) }
      return forward(call).map { Array($0.prefix(limit)) }
    }
    return interference
  }

  private static func stumbling(_ errno: Errno) -> Interference {
    let count = Remembered(0)
    let isDue: @Sendable () -> Bool = {
      count.change { count in
        count += 1
        return !count.isMultiple(of: 2)
      }
    }
    var interference = reading { count, forward in
      isDue() ? .failure(DeviceError(.streamRead(count: count), errno)) : forward(count)
    }
    interference.streamWrite = { bytes, forward in
      isDue() ? .failure(DeviceError(.streamWrite(count: bytes.count), errno)) : forward(bytes)
    }
    interference.read = { call, forward in
      isData(call) && isDue() ? .failure(call.refused(errno)) : forward(call)
    }
    return interference
  }

  private static func breaking(_ limit: UInt64) -> Interference {
    let moved = Remembered(0 as UInt64)
    let goesOn: @Sendable (Int) -> Bool = { count in
      moved.change { moved in
        moved += UInt64(count)
        return moved <= limit
      }
    }
    var interference = reading { count, forward in
      let answer = forward(count)
      if case .success(let bytes) = answer, !goesOn(bytes.count) {
        return .failure(DeviceError(.streamRead(count: count), .EIO))
      }
      return answer
    }
    interference.streamWrite = { bytes, forward in
      goesOn(bytes.count) ? forward(bytes) : .failure(DeviceError(.streamWrite(count: bytes.count), .EIO))
    }
    return interference
  }
}
