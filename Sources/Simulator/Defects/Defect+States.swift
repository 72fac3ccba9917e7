import VFIO

extension Defect {
  /// A defect of protocol v2 that shows in some states. The state is the one that was last reached by SET or by reset.
  static func inStates(
    _ rule: String, alsoBreaks: [String] = [], _ make: @escaping @Sendable (Remembered<V2State>) -> Interference
  ) -> Defect {
    Defect(rule, alsoBreaks: alsoBreaks) {
      let state = Remembered(V2State.running)
      var interference = make(state)
      let (feature, reset) = (interference.feature, interference.reset)
      interference.feature = { call, forward in
        let answer = feature?(call, forward) ?? forward(call)
        if let asked = call.state, answer.failure == nil { state.now = asked }
        return answer
      }
      interference.reset = { call, forward in
        let answer = reset?(call, forward) ?? forward(call)
        state.now = .running
        return answer
      }
      interference.reopen = { call, forward in
        let answer = forward(call)
        state.now = .running
        return answer
      }
      return interference
    }
  }
}

extension V2State {
  /// Whether a saving session is open in it.
  var isSaving: Bool { [.preCopy, .preCopyP2P, .stopCopy].contains(self) }
}

extension DeviceError {
  /// A read of a data fd, refused.
  static func read(_ count: Int, _ errno: Errno) -> DeviceError { DeviceError(.streamRead(count: count), errno) }
}
