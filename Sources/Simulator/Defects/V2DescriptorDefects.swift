import VFIO

/// Devices of protocol v2 whose data fds are not what they should be.
enum V2DescriptorDefects {
  static let all: [Defect] = [returned, closeOnExec, oneWay, streamOnly]

  /// A number that the device never gives out.
  private static let stray: Int32 = 900

  private static let returned = Defect.inStates("V2-FD-01") { state in
    var interference = Interference()
    interference.feature = { call, forward in
      var answer = forward(call)
      if call.state == .running, state.now.isSaving, answer.failure == nil { answer.data.put(number: stray, at: 4) }
      return answer
    }
    return interference
  }

  private static let closeOnExec = Defect("V2-FD-02") {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      question == .descriptorFlags ? .success(StreamReply(number: 0)) : forward(question)
    }
    return interference
  }

  /// What is written to a device that is being saved gets lost.
  private static let oneWay = Defect.inStates("V2-FD-03") { state in
    var interference = Interference()
    interference.streamWrite = { bytes, forward in state.now.isSaving ? .success(bytes.count) : forward(bytes) }
    return interference
  }

  private static let streamOnly = Defect("V2-FD-04") {
    var interference = Interference()
    interference.streamQuestion = { question, forward in
      question == .seek ? .success(StreamReply(number: 0)) : forward(question)
    }
    return interference
  }
}
