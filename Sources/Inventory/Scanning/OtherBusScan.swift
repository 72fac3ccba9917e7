extension Scan {
  /// The buses, beside PCI, whose devices the kernel puts in IOMMU groups (`iommu_buses` in its `drivers/iommu/iommu.c`).
  private static let otherBuses = ["platform", "amba", "fsl-mc", "host1x-context", "cdx"]

  /// Adds the devices of other buses that are in an IOMMU group: they can share it with a PCI function and block it.
  mutating func addOtherBuses() {
    for bus in Scan.otherBuses {
      do throws(ReadFailure) {
        let folder = try root.folder("sys/bus/\(bus)/devices")
        for name in try folder.names() { addDevice(name, of: bus, in: folder) }
      } catch {
        // Most machines have only some of these buses.
        if !error.meansGone { note(error) }
      }
    }
  }

  private mutating func addDevice(_ name: String, of bus: String, in folder: borrowing Folder) {
    guard let group = groupNumber(at: name, in: folder) else { return }
    var device = Device(address: .other(bus: bus, name: name))
    device.group = group
    device.binding = folder.readIfThere("\(name)/uevent", noting: &notices)?.binding ?? .unknown
    add(device)
  }
}
