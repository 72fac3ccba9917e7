import VFIO

/// Devices of protocol v2 that do not make a change they have to make, or make one they must not.
enum V2TransitionDefects {
  static let all: [Defect] =
    (refused.map { rule, from, to in
      Defect(rule) { .refusing(with: .EIO) { (from, to) == ($0, $1) } }
    } + [
      Defect("V2-ARC-11") { impatient },
      // Nothing happens, so that the session is not harmed.
      Defect("V2-ARC-20") {
        .aroundChange { from, to, call, forward in
          from == .stopCopy && (to == .preCopy || to == .preCopyP2P) ? FeatureAnswer(data: call.data) : forward(call)
        }
      },
      Defect("V2-ARC-22") { astray },
    ]).sorted { $0.rule < $1.rule }

  /// One change each that is refused.
  private static let refused: [(rule: String, from: V2State, to: V2State)] = [
    ("V2-ARC-01", .running, .stop),
    ("V2-ARC-02", .stop, .running),
    ("V2-ARC-03", .stop, .stopCopy),
    ("V2-ARC-04", .stopCopy, .stop),
    ("V2-ARC-05", .stop, .resuming),
    ("V2-ARC-06", .resuming, .stop),
    ("V2-ARC-07", .running, .runningP2P),
    ("V2-ARC-08", .stop, .runningP2P),
    ("V2-ARC-09", .running, .preCopy),
    ("V2-ARC-10", .preCopy, .running),
    ("V2-ARC-12", .preCopyP2P, .preCopy),
    ("V2-ARC-13", .preCopyP2P, .runningP2P),
    ("V2-ARC-14", .preCopyP2P, .stopCopy),
    ("V2-ARC-15", .running, .stopCopy),
    ("V2-ARC-16", .running, .resuming),
    ("V2-ARC-17", .stopCopy, .running),
    ("V2-ARC-18", .resuming, .running),
    ("V2-ARC-19", .resuming, .stopCopy),
    ("V2-ARC-21", .stopCopy, .runningP2P),
  ]

  /// A device that wants all of its data to be read before it ends pre-copy.
  private static var impatient: Interference {
    let isInTheMiddle = Remembered(false)
    var interference = Interference.aroundChange { from, to, call, forward in
      if isInTheMiddle.now, (from, to) == (.preCopy, .stopCopy) { return call.refused(.EBUSY) }
      isInTheMiddle.now = false
      return forward(call)
    }
    interference.streamRead = { count, forward in
      let answer = forward(count)
      isInTheMiddle.now = (try? answer.get())?.isEmpty == false
      return answer
    }
    return interference
  }

  /// A device that, when it can't run on what it was given, says that it is in a state which is not on the way there.
  private static var astray: Interference {
    let isAstray = Remembered(false)
    let change = Interference.aroundChange { from, to, call, forward in
      let answer = forward(call)
      if (from, to) == (.resuming, .running), answer.failure != nil { isAstray.now = true }
      return answer
    }
    var interference = Interference()
    interference.feature = { call, forward in
      guard isAstray.now, call.is(.get, .migDeviceState) else {
        return change.feature?(call, forward) ?? forward(call)
      }
      var answer = forward(call)
      answer.data.put(number: V2State.preCopy.rawValue, at: 0)
      return answer
    }
    interference.reset = { _, forward in
      isAstray.now = false
      return forward(())
    }
    return interference
  }
}
