import VFIO

/// Devices of protocol v2 that say what they should not of their data while they run, and of their size.
enum V2PreCopyDefects {
  static let all: [Defect] = [works, onlyInPreCopy, size, foreign, initial, dirty, feature, dataSize]

  private static let refused = DeviceError(.precopyInfo, .EINVAL)

  private static let works = Defect.inStates("V2-PRE-01") { state in
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      if case .precopyInfo = question, state.now == .preCopyP2P { return .failure(refused) }
      return forward(question)
    }
    interference.precopyInfo = { _, forward in state.now == .preCopyP2P ? .failure(refused) : forward(()) }
    return interference
  }

  private static let onlyInPreCopy = Defect.inStates("V2-PRE-02") { state in
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      guard case .precopyInfo(24, _) = question, state.now == .stopCopy else { return forward(question) }
      return .success(StreamReply(number: 0, bytes: [UInt8](repeating: 0, count: 24)))
    }
    return interference
  }

  private static let size = Defect("V2-PRE-03") {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      guard case .precopyInfo(let argsz, let flags) = question else { return forward(question) }
      return forward(.precopyInfo(argsz: max(argsz, 24), flags: flags))
    }
    return interference
  }

  private static let foreign = Defect("V2-PRE-04") {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      guard question == .foreignControl else { return forward(question) }
      return .failure(DeviceError(.streamQuestion(question), .EINVAL))
    }
    return interference
  }

  /// A device whose first answer in each session is changed.
  private static func first(
    _ rule: String, _ change: @escaping @Sendable (PrecopyInfo) -> PrecopyInfo
  ) -> Defect {
    Defect(rule) {
      let isNew = Remembered(true)
      var interference = Interference()
      interference.feature = { call, forward in
        if call.state == .preCopy { isNew.now = true }
        return forward(call)
      }
      interference.precopyInfo = { _, forward in
        let isFirst = isNew.change { isNew in
          defer { isNew = false }
          return isNew
        }
        return isFirst ? forward(()).map(change) : forward(())
      }
      return interference
    }
  }

  /// A device that does not tell its initial data from the rest.
  private static let initial = first("V2-PRE-05") {
    PrecopyInfo(flags: $0.flags, initialBytes: 0, dirtyBytes: $0.dirtyBytes)
  }

  private static let dirty = first("V2-PRE-06") {
    PrecopyInfo(flags: $0.flags, initialBytes: $0.initialBytes, dirtyBytes: $0.dirtyBytes + 4096)
  }

  private static let feature = Defect("V2-PRE-09") {
    var interference = Interference()
    interference.feature = { call, forward in
      call.is([.probe, .set], .migPrecopyInfoV2) ? call.refused(.EINVAL) : forward(call)
    }
    return interference
  }

  private static let dataSize = Defect.inStates("V2-SIZE-01") { state in
    var interference = Interference()
    interference.feature = { call, forward in
      call.is(.get, .migDataSize) && state.now == .stop ? call.refused(.EINVAL) : forward(call)
    }
    return interference
  }
}
