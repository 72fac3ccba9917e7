extension Listing {
  /// The simulated lab machine of `--demo`: five IOMMU groups, one of them not viable. Of the devices
  /// that migrate one converges, one has no pre-copy, one changes faster than it gives its data, and one speaks protocol v1.
  public static let demo = Listing(
    iommu: "simulated",
    groups: [
      ListedGroup(
        number: 1, type: "DMA-FQ", node: "/dev/vfio/1", verdict: "not viable",
        explanation: "not viable: 0000:00:1f.3 is bound to snd_hda_intel",
        blockedBy: ["0000:00:1f.3 is bound to snd_hda_intel"],
        devices: [
          .demo(
            "0000:00:1f.0", 0x8086, 0xa305, 0x060100, ["Intel Corporation", "Z390 LPC Controller", "ISA bridge"],
            driver: nil),
          .demo(
            "0000:00:1f.3", 0x8086, 0xa348, 0x040300, ["Intel Corporation", "Cannon Lake HD Audio", "Audio device"],
            driver: "snd_hda_intel"),
        ]),
      ListedGroup(
        number: 12, type: "DMA-FQ", node: "/dev/vfio/12", verdict: "ready", explanation: "ready: 0000:3b:00.2",
        devices: [
          .demo(
            "0000:3b:00.2", 0x1af4, 0x1041, 0x020000,
            ["Simulated", "Network function, protocol v2", "Ethernet controller"],
            driver: "sim-v2", sim: "v2-reference,flags=7,size=64M,dirty=1M,rate=6M")
        ]),
      ListedGroup(
        number: 13, type: "DMA-FQ", node: "/dev/vfio/13", verdict: "ready", explanation: "ready: 0000:3b:00.3",
        devices: [
          .demo(
            "0000:3b:00.3", 0x1af4, 0x1042, 0x018000, ["Simulated", "Storage function, no pre-copy", "Mass storage"],
            driver: "sim-v2", sim: "v2-reference,flags=3,size=4M")
        ]),
      ListedGroup(
        number: 14, type: "DMA-FQ", node: "/dev/vfio/14", verdict: "ready", explanation: "ready: 0000:3b:00.4",
        devices: [
          .demo(
            "0000:3b:00.4", 0x1af4, 0x1043, 0x120000,
            ["Simulated", "Accelerator under load", "Processing accelerators"],
            driver: "sim-v2", sim: "v2-reference,flags=7,size=48M,dirty=12M,rate=6M")
        ]),
      ListedGroup(
        number: 27, type: "DMA", node: "/dev/vfio/27", verdict: "ready", explanation: "ready: 0000:af:00.0",
        devices: [
          .demo(
            "0000:af:00.0", 0x1af4, 0x1050, 0x030000, ["Simulated", "Display function, protocol v1", "VGA controller"],
            driver: "sim-v1", sim: "v1-reference,size=24M,dirty=512K,rate=3M")
        ]),
    ])
}

extension ListedDevice {
  /// A device of the demo; `sim` is the profile that stands behind it. Names: vendor, device, class.
  fileprivate static func demo(
    _ address: String, _ vendor: UInt16, _ device: UInt16, _ classCode: UInt32, _ names: [String], driver: String?,
    sim: String? = nil
  ) -> ListedDevice {
    var listed = ListedDevice(
      reference: sim.map(DeviceReference.simulated) ?? .kernel(address), address: address, bus: "pci", driver: driver,
      isVFIO: sim != nil)
    (listed.vendorID, listed.deviceID, listed.classCode) = (vendor, device, classCode)
    (listed.vendorName, listed.deviceName, listed.className) = (names[0], names[1], names[2])
    return listed
  }
}
