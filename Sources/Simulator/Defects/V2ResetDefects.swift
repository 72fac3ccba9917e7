import VFIO

/// Devices of protocol v2 that are not what they should be after a reset, or while they are stopped.
enum V2ResetDefects {
  static let all: [Defect] = [
    Defect("V2-ERR-01") { stopped },
    Defect("V2-ERR-02") {
      let state = Remembered(V2State.running)
      var interference = noting(state)
      interference.read = { call, forward in
        // The configuration space of a PCI device is region 7.
        let isSilent = call.region.index == 7 && (state.now == .stop || state.now == .stopCopy)
        return isSilent ? .failure(call.refused(.EIO)) : forward(call)
      }
      return interference
    },
    Defect("V2-RST-01") {
      let state = Remembered(V2State.running)
      var interference = noting(state)
      interference.reset = { _, forward in state.now == .runningP2P ? .success(()) : forward(()) }
      return interference
    },
    Defect("V2-RST-02") {
      let isReset = Remembered(false)
      var interference = Interference.aroundChange { _, _, call, forward in
        isReset.now = false
        return forward(call)
      }
      interference.reset = { _, forward in
        isReset.now = true
        return forward(())
      }
      interference.streamRead = { count, forward in
        let answer = forward(count)
        return isReset.now ? .success([UInt8](repeating: 0, count: count)) : answer
      }
      return interference
    },
  ]

  /// A device that is found stopped after a reset in ERROR, until it is asked for something.
  private static var stopped: Interference {
    let state = Remembered(V2State.running)
    let isStopped = Remembered(false)
    let noting = noting(state)
    var interference = Interference()
    interference.feature = { call, forward in
      if call.state != nil { isStopped.now = false }
      var answer = noting.feature?(call, forward) ?? forward(call)
      if isStopped.now, call.is(.get, .migDeviceState) { answer.data.put(number: V2State.stop.rawValue, at: 0) }
      return answer
    }
    interference.reset = { _, forward in
      isStopped.now = state.now == .error
      return forward(())
    }
    return interference
  }

  /// Notes the state that the device says it is in, or is brought to.
  private static func noting(_ state: Remembered<V2State>) -> Interference {
    var interference = Interference()
    interference.feature = { call, forward in
      let answer = forward(call)
      if answer.failure == nil, call.state != nil || call.is(.get, .migDeviceState),
        let number: UInt32 = answer.data.number(at: 0)
      {
        state.now = V2State(rawValue: number)
      }
      return answer
    }
    return interference
  }
}
