import VFIO

/// Devices of protocol v2 whose data do not end, or do not belong together, as they should.
enum V2StreamDefects {
  static let all: [Defect] = [end, noMessage, nothingNow, readableAtEnd, overAfterwards, anyPieces, oneStream]

  /// A device of which the reads beyond the end answer as `answer` says; they are counted from 1.
  private static func beyondTheEnd(_ rule: String, _ answer: @escaping @Sendable (Int) -> Errno?) -> Defect {
    .inStates(rule) { state in
      let reads = Remembered(0)
      var interference = Interference()
      interference.streamRead = { count, forward in
        let got = forward(count)
        guard state.now == .stopCopy, case .success(let bytes) = got, bytes.isEmpty else {
          reads.now = 0
          return got
        }
        let number = reads.change { reads in
          reads += 1
          return reads
        }
        return answer(number).map { .failure(.read(count, $0)) } ?? got
      }
      return interference
    }
  }

  private static let end = beyondTheEnd("V2-FD-05") { $0 == 2 ? .EIO : nil }

  /// Late, so that who only reads to the end does not notice.
  private static let noMessage = beyondTheEnd("V2-FD-06") { $0 == 6 ? .ENOMSG : nil }

  /// What mtty does.
  private static let nothingNow = Defect("V2-FD-07") {
    var interference = Interference()
    interference.streamRead = { count, forward in
      forward(count).flatMapError { $0.errno == .ENOMSG ? .success([]) : .failure($0) }
    }
    return interference
  }

  private static let readableAtEnd = Defect("V2-FD-08") {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      question == .readiness ? .success(StreamReply(number: 0)) : forward(question)
    }
    return interference
  }

  private static let overAfterwards = Defect.inStates("V2-FD-10") { state in
    var interference = Interference()
    interference.streamRead = { count, forward in
      forward(count).flatMapError { state.now == .stop && $0.errno == .ENODEV ? .success([0]) : .failure($0) }
    }
    return interference
  }

  /// A device that wants whole heads at once.
  private static let anyPieces = Defect.inStates("V2-FD-12") { state in
    var interference = Interference()
    interference.streamWrite = { bytes, forward in
      guard state.now == .resuming, bytes.count < 16 else { return forward(bytes) }
      return .failure(DeviceError(.streamWrite(count: bytes.count), .EINVAL))
    }
    return interference
  }

  /// The first byte in STOP_COPY gets lost when there were some in PRE_COPY.
  private static let oneStream = Defect.inStates("V2-FD-13") { state in
    let hasGivenEarly = Remembered(false)
    var interference = Interference()
    interference.streamRead = { count, forward in
      let got = forward(count)
      guard case .success(let bytes) = got, bytes.count > 1 else { return got }
      guard state.now == .stopCopy else {
        hasGivenEarly.now = true
        return got
      }
      let isFirst = hasGivenEarly.change { early in
        defer { early = false }
        return early
      }
      return isFirst ? .success(Array(bytes.dropFirst())) : got
    }
    interference.feature = { call, forward in
      if call.state == .running { hasGivenEarly.now = false }
      return forward(call)
    }
    return interference
  }
}
