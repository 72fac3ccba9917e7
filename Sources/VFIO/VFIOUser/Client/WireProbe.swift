/// A way to say anything to a vfio-user server over a device's own conversation, and to see what comes back as it is.
public struct WireProbe: Sendable {
  /// How the conversation began.
  public let agreement: WireAgreement
  private let connection: VFIOUserConnection
  private let recorder: (any AccessRecorder)?

  init(_ connection: VFIOUserConnection, _ agreement: WireAgreement, recorder: (any AccessRecorder)? = nil) {
    (self.connection, self.agreement, self.recorder) = (connection, agreement, recorder)
  }

  /// The same with every message recorded.
  func recorded(by recorder: any AccessRecorder) -> WireProbe {
    WireProbe(connection, agreement, recorder: recorder)
  }

  /// Sends a command and waits for the reply. A command that the server refuses is no error here: the reply's header says
  /// so.
  public func exchange(_ command: WireCommand, _ payload: [UInt8] = []) throws(DeviceError) -> WireFrame {
    let operation = Operation.message(command, count: payload.count)
    guard let recorder else { return try ask(command, payload, operation) }
    return try recorder.measure(operation) { (outcome) throws(DeviceError) in
      let reply = try ask(command, payload, operation)
      outcome.result = Int(reply.header.errorNumber)
      outcome.keep([UInt8](number: reply.header.flags.rawValue) + reply.payload)
      return reply
    }
  }

  private func ask(
    _ command: WireCommand, _ payload: [UInt8], _ operation: Operation
  ) throws(DeviceError) -> WireFrame {
    do throws(WireError) {
      let id = try connection.post(command, payload.span.bytes)
      let message = try connection.message(repliesTo: id)
      return WireFrame(header: message.header, payload: message.payload)
    } catch {
      throw DeviceError(operation, .lost(error))
    }
  }
}

/// How a conversation with a vfio-user server began.
public struct WireAgreement: Sendable, Equatable {
  /// How many commands went before VERSION.
  public let commandsBefore: Int
  /// What this side said.
  public let proposed: WireVersion
  /// What the server answered.
  public let agreed: WireVersion
  /// The most bytes of data that one message of ours asks for.
  public let mostRead: Int
  /// The most bytes of data that one message of ours carries.
  public let mostWritten: Int
}
