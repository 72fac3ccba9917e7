import CVFIO
import Glibc
import Synchronization

/// Migration data of the second generation.
extension ServerSession {
  /// MIG_DATA_READ: as much as was asked for. Less means that the data end, or that there is nothing more for now.
  func readData(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (size, stream) = try checkedData(message, .reading)
    let isRunning = served.isRunning
    let got = try buffer.withLock { (buffer) throws(Refusal) in
      try onStream { () throws(DeviceError) in try stream.fill(&buffer, count: size, running: isRunning) }
    }
    let head = cu_mig_data(argsz: UInt32(8 + got), size: UInt32(got))
    return Answer(payload: [UInt8].bytes(of: head), dataCount: got)
  }

  /// MIG_DATA_WRITE.
  func writeData(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (size, stream) = try checkedData(message, .writing)
    guard message.payload.count >= 8 + size else { throw Refusal(errno: .EINVAL) }
    try onStream { () throws(DeviceError) in
      try stream.take(message.payload.span.bytes.extracting(8..<8 + size))
    }
    return Answer()
  }

  /// A failure may have changed the device's state, and with it whether there is a session.
  private func onStream<R>(_ call: () throws(DeviceError) -> R) throws(Refusal) -> R {
    do throws(Refusal) {
      return try onDevice { (_) throws(DeviceError) in try call() }
    } catch {
      served.lookAgain()
      throw error
    }
  }

  private func checkedData(
    _ message: ReceivedMessage, _ direction: StreamDirection
  ) throws(Refusal) -> (size: Int, stream: any DataStream) {
    guard let asked: cu_mig_data = message.payload.structure(at: 0),
      Int(asked.size) <= state.withLock({ $0.maxDataSize }), UInt64(asked.argsz) >= 8 + UInt64(asked.size),
      let stream = served.stream(direction)
    else { throw Refusal(errno: .EINVAL) }
    return (Int(asked.size), stream)
  }
}

extension DataStream {
  /// How long a device may keep a client waiting. Clients give up too, so it is better to tell them first.
  private var patience: Duration { .seconds(8) }

  /// A running device may always have a little more: it is not read for longer than this.
  private var pace: Duration { .milliseconds(10) }

  /// Reads until there is so much, the data end, or there is nothing more for now. A device that is not ready for too long
  /// is an error: fewer bytes would say that the data have ended. Where some have come it is one that no client takes for
  /// a wish to be asked again, since they are lost with it.
  fileprivate func fill(_ buffer: inout ChunkBuffer, count: Int, running: Bool) throws(DeviceError) -> Int {
    let start = ContinuousClock.now
    let deadline = start + patience
    var got = 0
    while got < count {
      if running, got > 0, start.duration(to: .now) > pace { return got }
      let came = try unlessInterrupted(until: deadline) { () throws(DeviceError) in
        try unless(.EAGAIN) { () throws(DeviceError) in
          try buffer.fill(got..<count) { (rest) throws(DeviceError) in try readNow(into: &rest, running: running) }
        }
      }
      if let came {
        guard came > 0 else { return got }
        got += came
      } else if running, got > 0 {
        return got
      } else if try !wait(for: .reading, until: deadline) || ContinuousClock.now > deadline {
        throw DeviceError(.streamRead(count: count), got > 0 ? .ETIMEDOUT : .EAGAIN)
      }
    }
    return got
  }

  /// Reads. A running device that has nothing now gives 0 bytes; with a stopped one they would be the end of its data, so
  /// it counts as not ready.
  private func readNow(into rest: inout MutableRawSpan, running: Bool) throws(DeviceError) -> Int {
    let count = rest.byteCount
    if let got = try unless(.ENOMSG, call: { () throws(DeviceError) in try read(into: &rest) }) { return got }
    if running { return 0 }
    // Nothing says when it will be.
    usleep(1000)
    throw DeviceError(.streamRead(count: count), .EAGAIN)
  }

  /// Makes a call again that a signal has interrupted: nothing was moved by it.
  private func unlessInterrupted<R>(
    until deadline: ContinuousClock.Instant, _ call: () throws(DeviceError) -> R
  ) throws(DeviceError) -> R {
    while ContinuousClock.now < deadline {
      if let result = try unless(.EINTR, call: call) { return result }
    }
    return try call()
  }

  /// Writes all of it. A part of it that was taken must not be written again.
  fileprivate func take(_ data: RawSpan) throws(DeviceError) {
    var done = 0
    let deadline = ContinuousClock.now + patience
    while done < data.byteCount {
      let rest = data.extracting(droppingFirst: done)
      let taken = try unlessInterrupted(until: deadline) { () throws(DeviceError) in
        try unless(.EAGAIN) { () throws(DeviceError) in try write(rest) }
      }
      if let taken, taken > 0 {
        done += taken
      } else if try !wait(for: .writing, until: deadline) || ContinuousClock.now > deadline {
        throw DeviceError(.streamWrite(count: data.byteCount), done > 0 ? .ETIMEDOUT : .EAGAIN)
      }
    }
  }
}
