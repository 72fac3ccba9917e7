import VFIO

/// What there is to look at: the IOMMU groups and devices of one machine, real or simulated. The groups view draws it
/// and `list` prints it.
public struct Listing: Sendable, Equatable {
  /// What stands between devices and memory: `on`, `off`, `no-IOMMU`, or `simulated`.
  public var iommu: String
  /// What to do when it is not on, a line each.
  public var advice: [String]
  /// The IOMMU groups, by number.
  public var groups: [ListedGroup]
  /// Devices in no group.
  public var ungrouped: [ListedDevice]
  /// vfio-user sockets that were named.
  public var sockets: [ListedSocket] = []
  /// What could not be read, a line each.
  public var notices: [String]

  /// A listing with these parts.
  public init(
    iommu: String, advice: [String] = [], groups: [ListedGroup], ungrouped: [ListedDevice] = [],
    notices: [String] = []
  ) {
    self.iommu = iommu
    self.advice = advice
    self.groups = groups
    self.ungrouped = ungrouped
    self.notices = notices
  }

  /// All devices, those in groups first.
  public var devices: [ListedDevice] { groups.flatMap(\.devices) + ungrouped }
}

/// One IOMMU group.
public struct ListedGroup: Sendable, Equatable {
  /// Its number.
  public var number: Int
  /// The kind of its default domain, such as `DMA-FQ`.
  public var type: String?
  /// Its name, such as `vfio-noiommu`.
  public var name: String?
  /// Its node, such as `/dev/vfio/12`.
  public var node: String?
  /// Whether VFIO would hand it out: `ready`, `viable`, `not viable` or `unknown`.
  public var verdict: String
  /// The verdict in one line, with the devices that decide it.
  public var explanation: String
  /// The devices whose drivers keep it from being viable.
  public var blockedBy: [String]
  /// Its devices, by address.
  public var devices: [ListedDevice]

  /// A group with these values.
  public init(
    number: Int, type: String? = nil, name: String? = nil, node: String? = nil, verdict: String, explanation: String,
    blockedBy: [String] = [], devices: [ListedDevice]
  ) {
    self.number = number
    self.type = type
    self.name = name
    self.node = node
    self.verdict = verdict
    self.explanation = explanation
    self.blockedBy = blockedBy
    self.devices = devices
  }

  /// Whether nothing keeps VFIO from handing it out.
  public var isViable: Bool { verdict == "ready" || verdict == "viable" }
}

/// One device of a listing.
public struct ListedDevice: Sendable, Equatable {
  /// What opens it.
  public var reference: DeviceReference
  /// Its name on its bus.
  public var address: String
  /// `pci`, `mdev`, or another bus's name.
  public var bus: String
  /// The driver, or nil when it is bound to none.
  public var driver: String?
  /// Whether VFIO has it.
  public var isVFIO: Bool
  /// PCI's vendor id.
  public var vendorID: UInt16?
  /// PCI's device id.
  public var deviceID: UInt16?
  /// PCI's subsystem vendor id.
  public var subsystemVendorID: UInt16?
  /// PCI's subsystem id.
  public var subsystemID: UInt16?
  /// Base class, subclass and programming interface in 24 bits.
  public var classCode: UInt32?
  /// The vendor's name.
  public var vendorName: String?
  /// The device's name.
  public var deviceName: String?
  /// The class's name.
  public var className: String?
  /// The device's own node, such as `/dev/vfio/devices/vfio3`.
  public var node: String?
  /// The SR-IOV parent.
  public var physicalFunction: String?
  /// The virtual functions that exist now.
  public var virtualFunctions: [String]
  /// What a mediated device was made from.
  public var parent: String?
  /// A mediated device's type.
  public var mdevType: String?
  /// What is read for single devices only.
  public var details: Details?

  /// What takes a few more files to read, and so is read when it is asked for.
  public struct Details: Sendable, Equatable {
    /// The ways it can be reset, first the one that is used; nil when the kernel does not say.
    public var resetMethods: [String]?
    /// The only driver that may bind to it; nil when any that matches may.
    public var driverOverride: String?
    /// The NUMA node it is near to.
    public var numaNode: Int?

    /// Details with these values.
    public init(resetMethods: [String]?, driverOverride: String?, numaNode: Int?) {
      self.resetMethods = resetMethods
      self.driverOverride = driverOverride
      self.numaNode = numaNode
    }
  }

  /// A device that VFIO has, with nothing else known.
  public init(reference: DeviceReference, address: String, bus: String, driver: String?, isVFIO: Bool) {
    self.reference = reference
    self.address = address
    self.bus = bus
    self.driver = driver
    self.isVFIO = isVFIO
    virtualFunctions = []
  }

  /// What it is, in the names' words or the numbers, in one line.
  public var summary: String {
    if let mdevType { return "mediated device \(mdevType)" + (parent.map { " of \($0)" } ?? "") }
    let names = [className, vendorName, deviceName].compactMap { $0 }
    if !names.isEmpty { return names.joined(separator: ", ") }
    guard let vendorID, let deviceID else { return "" }
    return "\(hexadecimal(vendorID, digits: 4)):\(hexadecimal(deviceID, digits: 4))"
      + (classCode.map { " class \(hexadecimal($0, digits: 6))" } ?? "")
  }
}
