/// What a device is called on its bus.
public enum DeviceAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// A PCI function.
  case pci(PCIAddress)
  /// A mediated device: its UUID as sysfs spells it, in lower case.
  case mdev(String)
  /// A device of another bus that shares an IOMMU group: the bus and the name there.
  case other(bus: String, name: String)

  /// Reads a PCI address (`0000:3b:00.2` or `3b:00.2`) or the UUID of a mediated device; nil when it is neither.
  public init?(_ text: String) {
    if let address = PCIAddress(text) {
      self = .pci(address)
    } else if let uuid = DeviceAddress.uuid(text) {
      self = .mdev(uuid)
    } else {
      return nil
    }
  }

  /// The name the device has in sysfs.
  public var description: String {
    switch self {
    case .pci(let address): address.description
    case .mdev(let uuid): uuid
    case .other(_, let name): name
    }
  }

  /// The bus's name in `/sys/bus`.
  public var bus: String {
    switch self {
    case .pci: "pci"
    case .mdev: "mdev"
    case .other(let bus, _): bus
    }
  }

  /// The PCI address, when it is one.
  public var pci: PCIAddress? {
    if case .pci(let address) = self { address } else { nil }
  }

  /// The device's folder under the root.
  var sysfsPlace: String { "sys/bus/\(bus)/devices/\(self)" }

  /// `text` in lower case when it is a UUID (8-4-4-4-12 hexadecimal digits), else nil.
  static func uuid(_ text: String) -> String? {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [8, 4, 4, 4, 12], parts.joined().allSatisfy({ hexDigit($0) != nil }) else { return nil }
    return text.lowercased()
  }
}
