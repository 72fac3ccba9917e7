import Inventory
import TestSupport
import Testing

@Suite("A group's viability")
struct ViabilityTests {
  let tree: Tree

  init() throws { tree = try Tree() }

  private func viability() throws -> Viability { try #require(try tree.scan().group(1)?.viability) }

  @Test("A host driver blocks, and the verdict names the device and the driver")
  func blocked() throws {
    try tree.pci("0000:00:1f.0", driver: "vfio-pci", group: 1)
    try tree.pci("0000:00:1f.3", driver: "snd_hda_intel", group: 1)
    let viability = try viability()
    #expect(viability.verdict == .notViable)
    #expect(viability.description == "not viable: 0000:00:1f.3 is bound to snd_hda_intel")
    #expect(viability.ready.map(\.description) == ["0000:00:1f.0"])
  }

  @Test("Every blocking device is named")
  func blockedTwice() throws {
    try tree.pci("0000:00:1f.3", driver: "snd_hda_intel", group: 1)
    try tree.pci("0000:00:1f.4", driver: "i801_smbus", group: 1)
    #expect(
      try viability().description
        == "not viable: 0000:00:1f.3 is bound to snd_hda_intel, 0000:00:1f.4 is bound to i801_smbus")
  }

  @Test(
    "VFIO's own drivers make a group ready",
    arguments: ["vfio-pci", "mlx5_vfio_pci", "hisi_acc_vfio_pci", "pds_vfio_pci", "virtio-vfio-pci", "xe-vfio-pci"])
  func ready(driver: String) throws {
    try tree.pci("0000:3b:00.2", driver: driver, group: 1)
    #expect(try viability().description == "ready: 0000:3b:00.2")
  }

  @Test("A driver without the word is VFIO's when the kernel has registered its device")
  func registered() throws {
    try tree.pci("0000:3b:00.2", driver: "rme_da", group: 1)
    #expect(try viability().verdict == .notViable)
    try tree.vfio(0, is: "0000:3b:00.2")
    #expect(try viability().verdict == .ready)
  }

  @Test("Bridges and pci-stub are passed over")
  func passedOver() throws {
    try tree.bridge("0000:00:01.0", driver: "pcieport", group: 1)
    try tree.bridge("0000:00:01.1", driver: nil, group: 1)
    try tree.pci("0000:01:00.1", driver: "pci-stub", group: 1)
    try tree.pci("0000:01:00.0", driver: "vfio-pci", group: 1)
    let viability = try viability()
    #expect(viability.passedOver.map(\.description) == ["0000:00:01.0", "0000:00:01.1", "0000:01:00.1"])
    #expect(viability.description == "ready: 0000:01:00.0")
  }

  @Test(
    "A bridge with a host driver blocks since Linux 5.18 and did not before",
    arguments: [
      ("5.10.0-30-amd64", Viability.Verdict.ready), ("5.17.15", .ready), ("5.18.0", .notViable),
      ("6.12.57+deb13-amd64", .notViable), ("unheard of", .notViable), ("", .notViable),
    ])
  func bridgeDriver(release: String, verdict: Viability.Verdict) throws {
    try tree.write("proc/sys/kernel/osrelease", "\(release)\n")
    try tree.bridge("0000:00:01.0", driver: "shpchp", group: 1)
    try tree.pci("0000:01:00.0", driver: "vfio-pci", group: 1)
    #expect(try viability().verdict == verdict)
  }

  @Test("A host bridge is an ordinary device to this rule")
  func hostBridge() throws {
    try tree.pci("0000:00:00.0", driver: "skx_uncore", group: 1, classCode: "60000")
    #expect(try viability().verdict == .notViable)
  }

  @Test("Nothing bound: viable, and the devices to bind are named")
  func unbound() throws {
    try tree.pci("0000:01:00.0", group: 1)
    #expect(try viability().description == "viable, not ready: 0000:01:00.0 is not bound to a VFIO driver")
    try tree.pci("0000:01:00.1", group: 1)
    #expect(
      try viability().description == "viable, not ready: 0000:01:00.0, 0000:01:00.1 are not bound to a VFIO driver")
  }

  @Test("Only bridges: viable, but nothing to hand out")
  func onlyBridges() throws {
    try tree.bridge("0000:00:01.0", group: 1)
    let viability = try viability()
    #expect(viability.verdict == .viable)
    #expect(viability.description == "viable, not ready: no device here can be bound to a VFIO driver")
  }

  @Test("An unbound neighbour does no harm, but is told")
  func unboundNeighbour() throws {
    try tree.pci("0000:01:00.0", driver: "vfio-pci", group: 1)
    try tree.pci("0000:01:00.1", group: 1)
    let viability = try viability()
    #expect(viability.verdict == .ready)
    #expect(viability.unbound.map(\.description) == ["0000:01:00.1"])
  }

  @Test("A device of another bus blocks too")
  func platformBlocks() throws {
    try tree.pci("0000:00:14.0", driver: "vfio-pci", group: 1)
    try tree.platform("AMDI0040:00", driver: "sdhci-acpi", group: 1)
    #expect(try viability().description == "not viable: AMDI0040:00 is bound to sdhci-acpi")
  }

  @Test("A mediated device is always VFIO's")
  func mdev() throws {
    try tree.mdev("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", driver: "mtty", group: 1)
    #expect(try viability().verdict == .ready)
  }

  @Test("A driver that can't be read leaves the verdict open")
  func unknown() throws {
    try tree.pci("0000:01:00.0", driver: "vfio-pci", group: 1)
    try tree.pci("0000:01:00.1", group: 1)
    try tree.write("\(tree.pciPlace)/0000:01:00.1/uevent", "")
    #expect(try viability().description == "unknown: the driver of 0000:01:00.1 could not be read")
  }
}
