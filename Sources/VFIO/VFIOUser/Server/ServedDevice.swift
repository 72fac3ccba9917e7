import Synchronization

/// A device as clients find it, one after the other: what they leave behind stays until the next one.
final class ServedDevice: Sendable {
  /// A data session, and the state that the device was last known to be in.
  private struct Session {
    var stream: (any DataStream)?
    var state: V2State?
  }

  let device: any Device
  private let session = Mutex(Session())
  /// Held as long as the device is served: what is mapped goes with it.
  private let space = Mutex<(any AddressSpace)?>(nil)

  init(_ device: any Device) {
    self.device = device
  }

  /// The data session that is open in this direction; nil in every state that has none.
  func stream(_ direction: StreamDirection) -> (any DataStream)? {
    session.withLock { $0.state?.session == direction ? $0.stream : nil }
  }

  /// The device's address space; nil when it does no DMA.
  var addressSpace: (any AddressSpace)? {
    space.withLock { space in
      if space == nil { space = try? device.addressSpace() }
      return space
    }
  }

  /// Whether the device ran when its state was last changed: then its data have no end, only a pause.
  var isRunning: Bool { session.withLock { $0.state == .preCopy } }

  /// The device has gone to this state, which has opened a data session, or, with a negative number, none.
  func entered(_ state: V2State, dataFD: Int32) {
    let new = dataFD >= 0 ? device.stream(taking: dataFD) : nil
    session.withLock { session in
      session.state = state
      if new != nil || state.session == nil { session.stream = new }
    }
  }

  /// A change or a transfer has failed: only the device knows where it is now. A state that vfio-user does not have is
  /// left for the one that stands in its place.
  func lookAgain() {
    guard let state = presentState() else { return }
    if state.withoutP2P != state {
      var data = [UInt8](number: state.withoutP2P.rawValue) + [UInt8](number: Int32(-1))
      try? device.set(.migDeviceState, data: &data)
    }
    session.withLock { session in
      // A stream of the other direction is of no use in a session that nobody told of.
      if session.state?.session != state.session { session.stream = nil }
      session.state = state.withoutP2P
    }
  }

  private func presentState() -> V2State? {
    (try? device.get(.migDeviceState, count: 8))?.number(UInt32.self, at: 0).map(V2State.init(rawValue:))
  }

  /// A device that stays where it is goes on with its session.
  func reset() throws(DeviceError) {
    try device.reset()
    let state = presentState()
    session.withLock { session in
      if session.state != state { session = Session() }
    }
  }
}
