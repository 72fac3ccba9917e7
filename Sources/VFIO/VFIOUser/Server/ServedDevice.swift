import Synchronization

/// A device as clients find it, one after the other: what they leave behind stays until the next one.
final class ServedDevice: Sendable {
  let device: any Device
  private let stream = Mutex<(any DataStream)?>(nil)
  private let running = Mutex(false)
  /// Held as long as the device is served: what is mapped goes with it.
  private let space = Mutex<(any AddressSpace)?>(nil)

  init(_ device: any Device) {
    self.device = device
  }

  /// The data session that is open.
  var session: (any DataStream)? { stream.withLock { $0 } }

  /// The device's address space; nil when it does no DMA.
  var addressSpace: (any AddressSpace)? {
    space.withLock { space in
      if space == nil { space = try? device.addressSpace() }
      return space
    }
  }

  /// Whether the device ran when its state was last changed: then its data have no end, only a pause.
  var isRunning: Bool { running.withLock { $0 } }

  /// The device was asked for this state.
  func entered(_ state: V2State) {
    running.withLock { $0 = state == .preCopy || state == .preCopyP2P }
  }

  /// A state change has opened this data session, or, with a negative number, none.
  func opened(_ dataFD: Int32) {
    guard dataFD >= 0 else { return }
    let new = device.stream(taking: dataFD)
    stream.withLock { $0 = new }
  }

  func reset() throws(DeviceError) {
    try device.reset()
    stream.withLock { $0 = nil }
  }
}
