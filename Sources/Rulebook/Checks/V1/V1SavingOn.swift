import Glibc
import Migration
import VFIO

/// What follows a chunk.
extension V1Saving {
  /// In pre-copy where there are data already, for there the device must go on as well; else in stop-copy.
  static func chunksAreNew(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.preCopy)
    var state = V1State.preCopy
    if try bench.need(v1.pendingBytes(), "pending_bytes") == 0 {
      try v1.enter(.stopCopy)
      state = .stopCopy
    }
    let first = try v1.openFirstChunk()
    let bytes = try bench.need(v1.window(at: first.offset, count: first.size), "reading the window")
    let left = try bench.need(v1.pendingBytes(), "pending_bytes")
    guard left > 0 else {
      return .kept("In \(state.name), the only chunk of \(first.size) bytes leaves nothing pending.")
    }
    let second = try v1.openChunk()
    guard second.size == first.size else {
      return .kept("In \(state.name), a chunk of \(first.size) bytes is followed by one of \(second.size).")
    }
    let next = try bench.need(v1.window(at: second.offset, count: second.size), "reading the window")
    guard next == bytes else { return .kept("In \(state.name), two chunks of \(first.size) bytes differ.") }
    return Set(bytes).count == 1
      ? .seen("In \(state.name), two chunks of \(first.size) bytes are equal; all their bytes are \(bytes[0]).")
      : .broken("In \(state.name), the chunk of \(first.size) bytes comes again though it was acknowledged.")
  }

  static func moreComes(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.preCopy)
    let saved = try v1.take(patience: .milliseconds(20))
    guard saved.isWhole else {
      throw Untried("in pre-copy, \(saved.byteCount) bytes were taken, and pending_bytes has not come to 0")
    }
    let end = ContinuousClock.now + .milliseconds(10)
    repeat {
      usleep(2000)
      let pending = try bench.need(v1.pendingBytes(), "pending_bytes")
      if pending > 0 { return .seen("After \(saved.byteCount) bytes nothing was pending, then \(pending) bytes were.") }
    } while ContinuousClock.now < end
    return .seen("After \(saved.byteCount) bytes nothing was pending, and nothing came in 10 ms.")
  }

  static func emptyAnswers(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.preCopy)
    let running = try v1.take(patience: .milliseconds(20))
    try v1.enter(.stopCopy)
    let stopped = try v1.take()
    return .seen(
      "data_size was 0 with data pending \(counted(running.emptyAnswers, "time")) in pre-copy, \(counted(stopped.emptyAnswers, "time")) in stop-copy."
    )
  }
}
