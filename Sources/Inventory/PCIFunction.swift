/// What PCI says of a function: numbers from the device, names from pci.ids.
public struct PCIFunction: Sendable, Equatable {
  /// Vendor id.
  public let vendor: UInt16
  /// Device id.
  public let device: UInt16
  /// Subsystem vendor id.
  public let subsystemVendor: UInt16
  /// Subsystem device id.
  public let subsystemDevice: UInt16
  /// Class code: base class, subclass and programming interface, in 24 bits.
  public let classCode: UInt32
  /// The SR-IOV parent; nil when this is not a virtual function.
  public internal(set) var physicalFunction: PCIAddress?
  /// The virtual functions of this one that exist now, lowest address first.
  public internal(set) var virtualFunctions: [PCIAddress] = []
  /// The numbers' names.
  public internal(set) var names = PCINames()

  /// It joins two buses: PCI-to-PCI (0604), CardBus (0607) or semi-transparent (0609). These have a header of their own
  /// type, and VFIO never hands them to a user. A host bridge (0600) has an ordinary header and is not meant.
  public var isBridge: Bool { [0x0604, 0x0607, 0x0609].contains(classCode >> 8) }
}

/// The names pci.ids gives for a function's numbers. Each is nil when the file, or the number in it, is missing.
public struct PCINames: Sendable, Equatable {
  /// The vendor's.
  public let vendor: String?
  /// The device's.
  public let device: String?
  /// The subsystem's: the name of the board.
  public let subsystem: String?
  /// The class's: the subclass, or the base class when the subclass has none.
  public let classCode: String?

  /// Names; those not given are missing.
  public init(vendor: String? = nil, device: String? = nil, subsystem: String? = nil, classCode: String? = nil) {
    self.vendor = vendor
    self.device = device
    self.subsystem = subsystem
    self.classCode = classCode
  }
}
