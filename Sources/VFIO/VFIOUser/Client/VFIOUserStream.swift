import CVFIO
import Synchronization

/// The data session of protocol v2 over a socket. Reads are asked for ahead, and writes are not waited for one by one, so
/// that the way there and back is not paid for each.
final class VFIOUserStream: DataStream {
  /// What stands for the session where a kernel would return a descriptor. No real one is so large.
  static let number: Int32 = .max

  /// How many commands are on their way at most.
  private static let depth = 4

  private struct State {
    /// Reads that were asked for ahead: how much each may bring, and whether the device ran when it was asked for.
    var reads: [(id: UInt16, count: Int, isRunning: Bool)] = []
    /// What a read brought beyond what its caller had room for.
    var rest: ArraySlice<UInt8> = []
    /// Writes whose replies have not been looked at, and their bytes.
    var writes: [(id: UInt16, count: Int)] = []
    /// Whether the device runs: then a reply that is not full says that there is no more for now.
    var isRunning = false
    /// The last reply was not full, and nobody has been told yet what that means.
    var wasShort = false
    /// The device is about to be stopped, and nothing is asked for ahead any more.
    var isEnding = false
    /// Why a write failed that was not waited for: what came behind it does not belong there any more.
    var failure: DeviceError.Reason?
    var isClosed = false
  }

  private let connection: VFIOUserConnection
  private let mostRead: Int
  private let mostWritten: Int
  private let state = Mutex(State())

  init(_ connection: VFIOUserConnection, _ options: VFIOUserOptions) {
    self.connection = connection
    mostRead = connection.most(\.mostRead) ?? options.maxRead
    mostWritten = connection.most(\.mostWritten) ?? options.maxMessage
  }

  /// The device is in this state now.
  func enter(_ deviceState: V2State) {
    state.withLock { state in
      state.isRunning = deviceState == .preCopy || deviceState == .preCopyP2P
      state.isEnding = false
    }
  }

  /// What has been asked for ahead of a running device is its data in pre-copy: read behind the change of state, it would
  /// be taken for that of a stopped one, and so would the time it takes.
  func askNoMore() -> Bool {
    state.withLock { state in
      state.isEnding = !state.isClosed && !(state.reads.isEmpty && state.rest.isEmpty)
      return state.isEnding
    }
  }

  /// MIG_DATA_READ. 0 when the device has nothing: over a socket there is no `ENOMSG`.
  ///
  /// By the document fewer bytes than were asked for say that there are no more. A running device is taken at its word; for
  /// the end of the data that would be too little: only a reply of no bytes is the end.
  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.streamRead(count: buffer.byteCount)
    return try buffer.withUnsafeMutableBytes { (buffer) throws(DeviceError) in
      try open(operation) { (state) throws(DeviceError) in
        if state.rest.isEmpty {
          if state.isRunning && state.wasShort && !state.isEnding {
            state.wasShort = false
            return 0
          }
          return try next(buffer, &state, operation)
        }
        let taken = state.rest.prefix(buffer.count)
        buffer.copyBytes(from: taken)
        state.rest = state.rest.dropFirst(taken.count)
        return taken.count
      }
    }
  }

  private func next(
    _ buffer: UnsafeMutableRawBufferPointer, _ state: inout State, _ operation: Operation
  ) throws(DeviceError) -> Int {
    let count = min(buffer.count, mostRead)
    while true {
      if state.reads.isEmpty {
        if state.isEnding {
          state.isEnding = false
          return 0
        }
        try askAhead(1, count, &state, operation)
      }
      let (id, asked, wasRunning) = state.reads.removeFirst()
      let got = try take(id, asked, buffer, &state, operation)
      // That a running device had nothing is no end of what it has now that it is stopped, nor of what was asked for later.
      if got == 0, wasRunning, !state.isRunning || state.isEnding { continue }
      // Asked ahead only while there is more than was asked for: a device that has nothing now is not asked many times.
      state.wasShort = got < asked && got > 0
      if got == asked, !state.isEnding { try askAhead(Self.depth, count, &state, operation) }
      return min(got, buffer.count)
    }
  }

  /// The data of a reply, straight to where they are wanted; what has no room there is kept.
  private func take(
    _ id: UInt16, _ asked: Int, _ buffer: UnsafeMutableRawBufferPointer, _ state: inout State, _ operation: Operation
  ) throws(DeviceError) -> Int {
    if asked <= buffer.count { return try receive(id, asked, buffer, operation) }
    var bytes = [UInt8](repeating: 0, count: asked)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let got = try raw.withUnsafeMutableBytes { (bytes) throws(DeviceError) in
      try receive(id, asked, bytes, operation)
    }
    buffer.copyBytes(from: bytes.prefix(min(got, buffer.count)))
    state.rest = bytes[..<got].dropFirst(buffer.count)
    return got
  }

  private func askAhead(
    _ depth: Int, _ count: Int, _ state: inout State, _ operation: Operation
  ) throws(DeviceError) {
    let size = MemoryLayout<cu_mig_data>.size
    while state.reads.count < depth {
      let request = [UInt8].bytes(of: cu_mig_data(argsz: UInt32(size + count), size: UInt32(count)))
      let id = try connection.post(.migDataRead, request.span.bytes, for: operation)
      state.reads.append((id, count, state.isRunning))
    }
  }

  /// Waits for a reply. It has as many bytes of data as it says, which can be fewer than come.
  private func receive(
    _ id: UInt16, _ asked: Int, _ buffer: UnsafeMutableRawBufferPointer, _ operation: Operation
  ) throws(DeviceError) -> Int {
    let size = MemoryLayout<cu_mig_data>.size
    let (bytes, came) = try connection.data(
      of: id, headSize: size, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<asked]), operation)
    guard let head: cu_mig_data = bytes.structure(at: 0) else {
      throw DeviceError(operation, .malformed("the answer has \(bytes.count) bytes"))
    }
    guard Int(head.size) <= came, Int(head.size) <= asked else {
      throw DeviceError(
        operation, .malformed("the answer says \(head.size) bytes, \(came) came, \(asked) were asked for"))
    }
    return Int(head.size)
  }

  /// MIG_DATA_WRITE. What it leads to may be told by a later write, or by the next state change.
  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    let count = min(buffer.byteCount, mostWritten)
    let operation = Operation.streamWrite(count: buffer.byteCount)
    let size = MemoryLayout<cu_mig_data>.size
    let head = [UInt8].bytes(of: cu_mig_data(argsz: UInt32(size + count), size: UInt32(count)))
    let data = buffer.extracting(first: count)
    return try open(operation) { (state) throws(DeviceError) in
      while state.writes.count >= Self.depth { try settle(&state) }
      state.writes.append((try connection.post(.migDataWrite, head.span.bytes, data, for: operation), count))
      return count
    }
  }

  /// Waits until all that was written has been taken. A failure is told once; the session is of no more use then.
  func flush() throws(DeviceError) {
    try state.withLock { (state) throws(DeviceError) in
      while !state.writes.isEmpty { try settle(&state) }
    }
  }

  /// Waits for the reply to the first write of those on their way. Those behind a write that failed are let go of.
  private func settle(_ state: inout State) throws(DeviceError) {
    let (id, count) = state.writes.removeFirst()
    do throws(DeviceError) {
      _ = try connection.payload(of: id, .streamWrite(count: count))
    } catch {
      connection.forget(state.writes.map(\.id))
      state.writes = []
      state.failure = error.reason
      // Who is told one of these asks again, but would do so for another write than the one that failed.
      if let errno = error.errno, errno == .EINTR || errno == .EAGAIN {
        state.failure = .malformed("an earlier write ended with \(errno), and its bytes are missing now")
      }
      throw DeviceError(error.operation, state.failure ?? error.reason)
    }
  }

  /// Over a socket, every read and write has an answer at once.
  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    true
  }

  /// `ENOTTY`: vfio-user has no such command.
  func precopyInfo() throws(DeviceError) -> PrecopyInfo { throw DeviceError(.precopyInfo, .ENOTTY) }

  /// Ends the use of the session. Replies on their way are waited for and dropped.
  func close() {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      connection.forget(state.reads.map(\.id) + state.writes.map(\.id))
      (state.reads, state.writes, state.rest) = ([], [], [])
    }
  }

  // MARK: asking

  private func open<R>(
    _ operation: Operation, _ body: (inout sending State) throws(DeviceError) -> R
  ) throws(DeviceError) -> R {
    try state.withLock { (state) throws(DeviceError) in
      guard !state.isClosed else { throw DeviceError(operation, .EBADF) }
      if let failure = state.failure { throw DeviceError(operation, failure) }
      return try body(&state)
    }
  }
}
