import Inventory

extension Listing {
  /// What the inventory found.
  public init(_ machine: Machine) {
    self.init(
      iommu: machine.iommu.state.rawValue, advice: machine.iommu.advice, groups: machine.groups.map(ListedGroup.init),
      ungrouped: machine.ungrouped.map(ListedDevice.init), notices: machine.notices.map(\.description))
  }
}

extension Listing {
  /// The one reference of a device that can be named in several ways: by its address, in short form or in upper case,
  /// or by its node. What is not listed keeps its name.
  public func resolve(_ reference: DeviceReference) -> DeviceReference {
    guard case .kernel(let name) = reference else { return reference }
    let address = DeviceAddress(name)?.description ?? name
    return devices.first { $0.address == address || $0.node == name }?.reference ?? reference
  }
}

extension ListedDevice {
  /// Reads the details of a device of the kernel under `root`; nil for any other device.
  public static func details(of reference: DeviceReference, root: Root = .system) -> Details? {
    guard case .kernel(let name) = reference, let address = DeviceAddress(name) else { return nil }
    let details = DeviceDetails.read(of: address, root: root)
    return Details(
      resetMethods: details.resetMethods, driverOverride: details.driverOverride, numaNode: details.numaNode)
  }
}

extension ListedGroup {
  init(_ group: Group) {
    self.init(
      number: group.number, type: group.type, name: group.name, node: group.node?.path,
      verdict: group.viability.verdict.rawValue, explanation: group.viability.description,
      blockedBy: group.viability.blocking.map(\.description), devices: group.devices.map(ListedDevice.init))
  }
}

extension ListedDevice {
  init(_ device: Inventory.Device) {
    let address = device.address.description
    self.init(
      reference: .kernel(address), address: address, bus: device.address.bus, driver: device.driver,
      isVFIO: device.isBoundToVFIO)
    node = device.node?.path
    parent = device.mdev?.parent
    mdevType = device.mdev?.type
    guard let pci = device.pci else { return }
    (vendorID, deviceID, classCode) = (pci.vendor, pci.device, pci.classCode)
    (subsystemVendorID, subsystemID) = (pci.subsystemVendor, pci.subsystemDevice)
    (vendorName, deviceName, className) = (pci.names.vendor, pci.names.device, pci.names.classCode)
    physicalFunction = pci.physicalFunction?.description
    virtualFunctions = pci.virtualFunctions.map(\.description)
  }
}
