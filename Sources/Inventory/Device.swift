/// A device as the kernel lists it. Nothing was opened to learn this.
public struct Device: Sendable, Equatable {
  /// What it is called on its bus.
  public let address: DeviceAddress
  /// Which driver it is bound to.
  public internal(set) var binding: Binding
  /// The number of its IOMMU group, or nil when it is in none.
  public internal(set) var group: Int?
  /// What PCI says of it; nil for other buses, and when it could not be read.
  public internal(set) var pci: PCIFunction?
  /// What makes it a mediated device; nil for all others.
  public internal(set) var mdev: MediatedDevice?
  /// Its number among VFIO's devices (`vfio-dev/vfioN`, Linux 6.1); nil when it is not bound to a VFIO driver.
  public internal(set) var vfioNumber: Int?
  /// Its own node, `/dev/vfio/devices/vfioN`; nil when it is not bound to a VFIO driver or the kernel has no such nodes.
  public internal(set) var node: DeviceNode?

  /// The driver's name; nil when the device is unbound or that is not known.
  public var driver: String? {
    if case .driver(let name) = binding { name } else { nil }
  }

  init(address: DeviceAddress, binding: Binding = .unknown) {
    self.address = address
    self.binding = binding
  }
}

/// Whether a device is bound to a driver.
public enum Binding: Sendable, Equatable {
  /// Bound to the driver of this name.
  case driver(String)
  /// Bound to none.
  case unbound
  /// It could not be read; a notice says why.
  case unknown
}

/// A mediated device's own facts.
public struct MediatedDevice: Sendable, Equatable {
  /// The name of the device it was made from: a PCI address, or a virtual parent such as `mtty`.
  public let parent: String
  /// Its type's folder in `mdev_supported_types`, such as `mtty-2`; nil when it could not be read.
  public let type: String?
  /// The type's name for people; nil when the parent gives none.
  public let typeName: String?
}
