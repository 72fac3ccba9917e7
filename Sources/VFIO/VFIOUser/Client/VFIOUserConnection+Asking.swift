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

  /// Sends a command; its reply is asked for later.
  func post(_ command: WireCommand, _ payload: [UInt8], _ operation: Operation) throws(DeviceError) -> UInt16 {
    try onWire(operation) { () throws(WireError) in try post(command, payload.span.bytes) }
  }

  /// Waits for the reply to a command that was posted.
  func payload(of id: UInt16, _ operation: Operation) throws(DeviceError) -> [UInt8] {
    try onWire(operation) { () throws(WireError) in try reply(to: id) }.done(operation).payload
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
    case .refused(let errno?): throw DeviceError(operation, errno)
    case .refused(nil): throw DeviceError(operation, .unexplained)
    }
  }
}
