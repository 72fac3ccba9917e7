/// What one machine has for VFIO: its IOMMU groups and devices, at one moment.
public struct Machine: Sendable, Equatable {
  /// Where it was read.
  public let root: Root
  /// The IOMMU groups, by number.
  public let groups: [Group]
  /// The devices that are in no group, by address. Without an IOMMU these are all.
  public let ungrouped: [Device]
  /// Whether an IOMMU is on, and what to do when it is not.
  public let iommu: IOMMUStatus
  /// The kernel's release, such as `6.12.57+deb13-amd64`; nil when it could not be read.
  public let kernelRelease: String?
  /// What could not be read or understood. The rest is here all the same.
  public let notices: [Notice]

  /// Reads the inventory under `root`. No device is opened.
  ///
  /// `pciIDs` is the path of the names of vendors, devices and classes, always in this machine's own file system.
  /// Throws when there is no `sys` folder under `root` to read; anything less becomes a notice.
  public static func scan(
    root: Root = .system, pciIDs: String = PCIDatabase.standardPath
  ) throws(ReadFailure) -> Machine {
    _ = try root.folder("sys")
    var scan = Scan(root: root)
    scan.addPCI()
    scan.addMdevs()
    scan.addOtherBuses()
    let groups = scan.groups()
    scan.addDeviceNodes()
    scan.addNames(from: pciIDs)
    return Machine(scan: &scan, groups: groups)
  }

  private init(scan: inout Scan, groups found: [FoundGroup]) {
    root = scan.root
    kernelRelease = scan.root.readIfThere("proc/sys/kernel/osrelease", noting: &scan.notices)?.trimmed
    let nodes = scan.groupNodes()
    let sorted = scan.devices.sorted { $0.address < $1.address }
    let members = Dictionary(grouping: sorted) { $0.group }
    let oldRule = KernelVersion(kernelRelease ?? "").map { $0 < KernelVersion(major: 5, minor: 18) } ?? false
    groups = found.map {
      Group($0, devices: members[$0.number] ?? [], nodes: nodes, bridgesMayKeepAnyDriver: oldRule)
    }
    ungrouped = members[nil] ?? []
    iommu = IOMMUStatus(groups: groups, root: scan.root, notices: &scan.notices)
    notices = scan.notices
  }
}

extension Group {
  init(_ found: FoundGroup, devices: [Device], nodes: [String: DeviceNode], bridgesMayKeepAnyDriver: Bool) {
    let noIOMMU = nodes["noiommu-\(found.number)"]
    self.init(
      number: found.number, type: found.type, name: found.name, devices: devices,
      node: noIOMMU ?? nodes["\(found.number)"], isNoIOMMU: noIOMMU != nil,
      viability: Viability(of: devices, bridgesMayKeepAnyDriver: bridgesMayKeepAnyDriver))
  }
}
