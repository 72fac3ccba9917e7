/// `struct vfio_irq_info`: a kind of interrupt of a device, such as INTx or MSI-X.
public struct InterruptInfo: Sendable, Equatable {
  /// `VFIO_IRQ_INFO_EVENTFD` and its neighbours.
  public let flags: UInt32
  /// How many there are; 0 when the device has none of this kind.
  public let count: UInt32

  /// `VFIO_IRQ_INFO_EVENTFD`: they are told by eventfds.
  public static let flagEventFD: UInt32 = 1 << 0

  /// With these values.
  public init(flags: UInt32, count: UInt32) {
    self.flags = flags
    self.count = count
  }
}

extension Device {
  /// `EINVAL`: there is no such interrupt.
  public func interruptInfo(_ index: UInt32) throws(DeviceError) -> InterruptInfo {
    throw DeviceError(.interruptInfo(index: index), .EINVAL)
  }

  /// Nil: nothing behind the region can be passed on.
  public func shareable(_ region: Region) -> SharedMemory? { nil }
}
