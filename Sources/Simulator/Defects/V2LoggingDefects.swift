import VFIO

/// Devices of protocol v2 that log their DMA in another way than the kernel has it.
enum V2LoggingDefects {
  static let all: [Defect] = [support, noRanges, tooManyRanges, wrongRanges, onlySets, notStarted]

  private static let support = Defect("V2-LOG-01") {
    var interference = Interference()
    interference.feature = { call, forward in
      call.is([.probe, .set], .dmaLoggingStart) ? call.refused(.EINVAL) : forward(call)
    }
    return interference
  }

  /// What libvfio-user does: no ranges mean all memory.
  private static let noRanges = Defect("V2-LOG-02") {
    var interference = Interference()
    interference.startLogging = { call, forward in call.ranges.isEmpty ? .success(call.pageSize) : forward(call) }
    return interference
  }

  /// Those that are too many are left out.
  private static let tooManyRanges = Defect("V2-LOG-03") {
    var interference = Interference()
    interference.startLogging = { call, forward in
      var shorter = call
      shorter.ranges = Array(call.ranges.prefix(1))
      return call.ranges.count > 2 ? forward(shorter) : forward(call)
    }
    return interference
  }

  /// Ranges that overlap are logged one by one.
  private static let wrongRanges = Defect("V2-LOG-04") {
    var interference = Interference()
    interference.startLogging = { call, forward in
      let overlap = call.ranges.count == 2 && call.ranges[0].overlaps(call.ranges[1])
      return overlap ? .success(call.pageSize) : forward(call)
    }
    return interference
  }

  private static let onlySets = Defect("V2-LOG-07") {
    var interference = Interference()
    interference.reportLogging = { asked, forward in forward(DirtyBitmap(asked.range, pageSize: asked.pageSize)) }
    return interference
  }

  private static let notStarted = Defect("V2-LOG-08") {
    let isOn = Remembered(false)
    var interference = Interference()
    interference.startLogging = { call, forward in
      let answer = forward(call)
      if case .success = answer { isOn.now = true }
      return answer
    }
    interference.stopLogging = { _, forward in
      isOn.now = false
      return forward(())
    }
    interference.reportLogging = { asked, forward in isOn.now ? forward(asked) : .success(asked) }
    return interference
  }
}
