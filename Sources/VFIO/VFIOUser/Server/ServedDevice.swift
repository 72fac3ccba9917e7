import Synchronization

/// A device as clients find it, one after the other: what they leave behind stays until the next one.
final class ServedDevice: Sendable {
  let device: any Device
  private let stream = Mutex<(any DataStream)?>(nil)

  init(_ device: any Device) {
    self.device = device
  }

  /// The data session that is open.
  var session: (any DataStream)? { stream.withLock { $0 } }

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
