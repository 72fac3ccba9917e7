/// What comes between a vfio-user server and its clients: changes what a client says before the server looks at it, and
/// what the server replies before it is sent.
public struct WireInterference: Sendable {
  /// Changes a command.
  public var command: (@Sendable (WireFrame) -> WireFrame)?
  /// Changes the reply to a command, which comes with it as the client has sent it. The size in the reply's header is
  /// made to fit afterwards.
  public var reply: (@Sendable (_ reply: WireFrame, _ command: WireFrame) -> WireFrame)?

  /// Lets everything through.
  public init() {}
}

/// A message of vfio-user as it is, without its descriptors.
public struct WireFrame: Sendable, Equatable {
  /// What stands before the payload.
  public var header: WireHeader
  /// What follows.
  public var payload: [UInt8]

  /// A message of these parts.
  public init(header: WireHeader, payload: [UInt8]) {
    self.header = header
    self.payload = payload
  }

  /// The command; nil when the document has none of that number.
  public var command: WireCommand? { WireCommand(rawValue: header.command) }

  /// The command done, with these bytes behind the header of its reply.
  public func done(_ payload: [UInt8] = []) -> WireFrame {
    WireFrame(
      header: WireHeader(id: header.id, command: header.command, payload: payload.count, flags: .reply),
      payload: payload)
  }

  /// The command refused.
  public func refused(_ errno: Errno) -> WireFrame {
    let header = WireHeader(
      id: header.id, command: header.command, payload: 0, flags: .errorReply, errorNumber: UInt32(errno.rawValue))
    return WireFrame(header: header, payload: [])
  }

  /// The state that is asked for, when this is SET of MIG_DEVICE_STATE.
  public var state: V2State? {
    guard command == .deviceFeature, payload.number(UInt32.self, at: 4) == FeatureFlags.set.of(.migDeviceState) else {
      return nil
    }
    return payload.number(UInt32.self, at: 8).map(V2State.init(rawValue:))
  }
}
