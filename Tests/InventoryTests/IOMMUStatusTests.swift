import Inventory
import TestSupport
import Testing

@Suite("Whether an IOMMU is on")
struct IOMMUStatusTests {
  let tree: Tree

  init() throws { tree = try Tree() }

  private func status() throws -> IOMMUStatus { try tree.scan().iommu }

  private func processor(_ vendor: String) throws {
    try tree.write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: \(vendor)\ncpu family\t: 6\n")
  }

  @Test("A group proves it")
  func on() throws {
    try tree.pci("0000:3b:00.2", group: 12)
    try tree.folder("sys/class/iommu/dmar1")
    try tree.folder("sys/class/iommu/dmar0")
    let status = try status()
    #expect(status.state == .on)
    #expect(status.units == ["dmar0", "dmar1"])
    #expect(status.advice.isEmpty)
  }

  @Test("No groups: it is off, and each vendor's way to turn it on is told")
  func off() throws {
    try tree.pci("0000:3b:00.2")
    let advice = try status().advice
    #expect(advice.first == "No IOMMU is on: the kernel lists no IOMMU groups, so VFIO can't hand out PCI devices.")
    #expect(advice.contains { $0.contains("intel_iommu=on") })
    #expect(advice.contains { $0.contains("AMD-Vi") })
  }

  @Test("An empty folder of groups is no IOMMU either")
  func emptyFolder() throws {
    try tree.folder("sys/kernel/iommu_groups")
    #expect(try status().state == .off)
  }

  @Test(
    "The advice fits the processor and the kernel's words",
    arguments: [
      ("GenuineIntel", "quiet", "Boot the kernel with intel_iommu=on, and switch VT-d on in the firmware setup."),
      ("GenuineIntel", "intel_iommu=on", "The kernel was told intel_iommu=on: switch VT-d on in the firmware setup."),
      ("AuthenticAMD", "", "The kernel uses an AMD IOMMU by itself: switch AMD-Vi (IOMMU) on in the firmware setup."),
      ("AuthenticAMD", "amd_iommu=off", "Take amd_iommu=off off the kernel's command line."),
      (
        "GenuineIntel", "iommu=off intel_iommu=off", "Take iommu=off and intel_iommu=off off the kernel's command line."
      ),
    ])
  func advice(vendor: String, words: String, line: String) throws {
    try processor(vendor)
    try tree.write("proc/cmdline", "root=/dev/sda1 \(words) ro\n")
    #expect(try status().advice.last == line)
  }

  @Test("Groups that VFIO makes for mediated devices prove no IOMMU")
  func mdevOnly() throws {
    try tree.mdev("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", group: 0)
    let machine = try tree.scan()
    #expect(machine.iommu.state == .off)
    #expect(machine.group(0)?.isNoIOMMU == false)
    #expect(machine.group(0)?.viability.verdict == .ready)
  }

  @Test("No-IOMMU mode is told from both")
  func noIOMMU() throws {
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 0)
    try tree.write("sys/kernel/iommu_groups/0/type", "unknown\n")
    try tree.write("sys/kernel/iommu_groups/0/name", "vfio-noiommu\n")
    try tree.groupNode("noiommu-0", number: "511:0")
    try tree.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n")
    let status = try status()
    #expect(status.state == .noIOMMU)
    #expect(status.isUnsafeModeEnabled)
    #expect(status.advice.first?.contains("may write anywhere in memory") == true)
  }
}
