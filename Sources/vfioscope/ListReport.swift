import Inspector

/// What `list --json` prints.
struct ListReport: Encodable {
  let schema = "vfioscope.list/1"
  let iommu: IOMMU
  let groups: [Group]
  let ungrouped: [Device]
  let notices: [String]

  struct IOMMU: Encodable {
    let state: String
    let advice: [String]
  }

  struct Group: Encodable {
    let id: Int
    let type: OrNull<String>
    let name: OrNull<String>
    let node: OrNull<String>
    let viable: Bool
    let verdict: String
    let explanation: String
    let blockedBy: [String]
    let devices: [Device]
  }

  struct Device: Encodable {
    let address: String
    let bus: String
    let driver: OrNull<String>
    let vfio: Bool
    let vendorId: OrNull<String>
    let deviceId: OrNull<String>
    let subsystemVendorId: OrNull<String>
    let subsystemId: OrNull<String>
    let classCode: OrNull<String>
    let vendorName: OrNull<String>
    let deviceName: OrNull<String>
    let className: OrNull<String>
    let node: OrNull<String>
    let physicalFunction: OrNull<String>
    let virtualFunctions: [String]
    let parent: OrNull<String>
    let mdevType: OrNull<String>
    let resetMethods: OrNull<[String]>
    let driverOverride: OrNull<String>
    let numaNode: OrNull<Int>
  }

  init(_ listing: Listing) {
    iommu = IOMMU(state: listing.iommu, advice: listing.advice)
    groups = listing.groups.map(Group.init)
    ungrouped = listing.ungrouped.map(Device.init)
    notices = listing.notices
  }
}

extension ListReport.Group {
  init(_ group: ListedGroup) {
    self.init(
      id: group.number, type: OrNull(group.type), name: OrNull(group.name), node: OrNull(group.node),
      viable: group.isViable, verdict: group.verdict, explanation: group.explanation, blockedBy: group.blockedBy,
      devices: group.devices.map(ListReport.Device.init))
  }
}

extension ListReport.Device {
  init(_ device: ListedDevice) {
    self.init(
      address: device.address, bus: device.bus, driver: OrNull(device.driver), vfio: device.isVFIO,
      vendorId: Self.hex(device.vendorID, 4), deviceId: Self.hex(device.deviceID, 4),
      subsystemVendorId: Self.hex(device.subsystemVendorID, 4), subsystemId: Self.hex(device.subsystemID, 4),
      classCode: Self.hex(device.classCode, 6), vendorName: OrNull(device.vendorName),
      deviceName: OrNull(device.deviceName), className: OrNull(device.className), node: OrNull(device.node),
      physicalFunction: OrNull(device.physicalFunction), virtualFunctions: device.virtualFunctions,
      parent: OrNull(device.parent), mdevType: OrNull(device.mdevType),
      resetMethods: OrNull(device.details?.resetMethods),
      driverOverride: OrNull(device.details?.driverOverride), numaNode: OrNull(device.details?.numaNode))
  }

  /// `0x1af4`: identifiers are written as people compare them.
  private static func hex(_ number: (some BinaryInteger)?, _ digits: Int) -> OrNull<String> {
    OrNull(
      number.map {
        let text = String($0, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
      })
  }
}
