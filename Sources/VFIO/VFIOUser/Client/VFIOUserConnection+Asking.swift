/// Commands as a device's calls make them: whatever goes wrong is an error of the operation.
extension VFIOUserConnection {
  /// Sends a command and waits for its reply.
  func ask(
    _ command: WireCommand, _ payload: [UInt8], _ operation: Operation, descriptors: [Int32] = []
  ) throws(DeviceError) -> (payload: [UInt8], descriptors: [PassedDescriptor]) {
    try onWire(operation) { () throws(WireError) in
      try exchange(command, payload.span.bytes, descriptors: descriptors)
    }.done(operation)
  }

  /// Sends a command with data behind its payload, without copying them, and waits for its reply.
  func ask(
    _ command: WireCommand, _ payload: RawSpan, _ data: RawSpan, _ operation: Operation
  ) throws(DeviceError) {
    let id = try post(command, payload, data, for: operation)
    _ = try self.payload(of: id, operation)
  }

  /// Sends a command; its reply is asked for later.
  func post(
    _ command: WireCommand, _ payload: RawSpan, _ data: RawSpan = RawSpan(), for operation: Operation
  ) throws(DeviceError) -> UInt16 {
    do throws(WireError) {
      return try post(command, payload, data)
    } catch {
      throw DeviceError(operation, .lost(error))
    }
  }

  /// Waits for the reply to a command that was posted.
  func payload(of id: UInt16, _ operation: Operation) throws(DeviceError) -> [UInt8] {
    try onWire(operation) { () throws(WireError) in try reply(to: id) }.done(operation).payload
  }

  /// Waits for the reply to a command that was posted. The data behind its head go to the buffer.
  ///
  /// - Returns: the head, and how many bytes of data came: more than the buffer has room for is not there.
  func data(
    of id: UInt16, headSize: Int, into buffer: UnsafeMutableRawBufferPointer, _ operation: Operation
  ) throws(DeviceError) -> (head: [UInt8], count: Int) {
    let reply: Reply = try onWire(operation) { () throws(WireError) in
      try self.reply(to: id, data: DataPlace(headSize: headSize, buffer: buffer))
    }
    if case .placed(let head, let count) = reply { return (head, count) }
    let payload = try reply.done(operation).payload
    let data = payload.dropFirst(headSize)
    buffer.copyBytes(from: data.prefix(buffer.count))
    return (Array(payload.prefix(headSize)), data.count)
  }

  private func onWire<R>(_ operation: Operation, _ call: () throws(WireError) -> R) throws(DeviceError) -> R {
    do throws(WireError) {
      return try call()
    } catch {
      throw DeviceError(operation, .lost(error))
    }
  }
}

extension VFIOUserConnection.Reply {
  /// What came, or the error that came instead.
  fileprivate func done(
    _ operation: Operation
  ) throws(DeviceError) -> (payload: [UInt8], descriptors: [PassedDescriptor]) {
    switch self {
    case .done(let payload, let descriptors): return (payload, descriptors)
    case .placed(let head, _): return (head, [])
    case .refused(let errno?): throw DeviceError(operation, errno)
    case .refused(nil): throw DeviceError(operation, .unexplained)
    }
  }
}
