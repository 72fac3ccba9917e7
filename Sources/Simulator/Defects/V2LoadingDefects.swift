import VFIO

/// Devices of protocol v2 that do not look at what they are loaded with.
enum V2LoadingDefects {
  static let all: [Defect] = [bad]

  /// What the device has given last, and how much it was given since.
  private struct Contents {
    var reading: [UInt8] = []
    var good: [UInt8] = []
    var taken = 0
  }

  /// Whatever is written first, the device is loaded with what it gave itself when it was saved. What goes beyond that in
  /// length it sees.
  private static let bad = Defect("V2-RES-01", alsoBreaks: ["V2-ARC-22"]) {
    let contents = Remembered(Contents())
    var interference = Interference()
    interference.feature = { call, forward in
      let answer = forward(call)
      if call.state == .resuming { contents.change { $0.taken = 0 } }
      if call.state == .preCopy || call.state == .stopCopy, answer.opensSession { contents.change { $0.reading = [] } }
      return answer
    }
    interference.streamRead = { count, forward in
      let got = forward(count)
      if case .success(let bytes) = got {
        contents.change { contents in
          contents.reading += bytes
          if bytes.isEmpty { contents.good = contents.reading }
        }
      }
      return got
    }
    interference.streamWrite = { bytes, forward in
      let (good, before) = contents.change { contents in
        defer { contents.taken += bytes.count }
        return (contents.good, contents.taken)
      }
      if before == 0, case .failure(let error) = forward(good) { return .failure(error) }
      let beyond = before + bytes.count - good.count
      return beyond > 0 ? forward(Array(bytes.suffix(beyond))).map { _ in bytes.count } : .success(bytes.count)
    }
    return interference
  }
}

extension FeatureAnswer {
  /// Whether a data fd came with it.
  fileprivate var opensSession: Bool { failure == nil && data.number(Int32.self, at: 4) ?? -1 >= 0 }
}
