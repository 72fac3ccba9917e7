import Inventory
import TestSupport
import Testing

@Suite("A scan")
struct ScanTests {
  let tree: Tree

  init() throws { tree = try Tree() }

  @Test("It lists groups by number and their devices by address")
  func groups() throws {
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 12)
    try tree.pci("0000:3b:00.0", driver: "mlx5_core", group: 12)
    try tree.pci("0000:01:00.0", group: 2)
    let machine = try tree.scan()
    #expect(machine.groups.map(\.number) == [2, 12])
    #expect(machine.group(12)?.devices.map(\.address.description) == ["0000:3b:00.0", "0000:3b:00.2"])
    #expect(machine.group(12)?.devices.map(\.driver) == ["mlx5_core", "vfio-pci"])
    #expect(machine.group(12)?.devices.map(\.group) == [12, 12])
    #expect(machine.group(12)?.type == "DMA-FQ")
    #expect(machine.group(12)?.name == nil)
    #expect(machine.group(2)?.devices.first?.binding == .unbound)
    #expect(machine.group(3) == nil)
    #expect(machine.ungrouped.isEmpty)
    #expect(machine.notices.isEmpty)
  }

  @Test("It reads a function's ids and class from uevent")
  func ids() throws {
    try tree.pci("0000:03:00.0", classCode: "10802", ids: "144D:A80A", subsystem: "144D:A801")
    let function = try #require(try tree.scan().ungrouped.first?.pci)
    #expect(function.vendor == 0x144d)
    #expect(function.device == 0xa80a)
    #expect(function.subsystemVendor == 0x144d)
    #expect(function.subsystemDevice == 0xa801)
    #expect(function.classCode == 0x010802)
    #expect(!function.isBridge)
  }

  @Test("Devices without a group are listed apart")
  func ungrouped() throws {
    try tree.pci("0000:00:02.0", driver: "virtio-pci")
    try tree.pci("0000:00:01.0", driver: "virtio-pci")
    let machine = try tree.scan()
    #expect(machine.groups.isEmpty)
    #expect(machine.ungrouped.map(\.address.description) == ["0000:00:01.0", "0000:00:02.0"])
    #expect(machine.devices == machine.ungrouped)
  }

  @Test("A virtual function names its physical one, and that names its virtual ones")
  func virtualFunctions() throws {
    try tree.pci("0000:3b:00.3", virtualFunctionOf: "0000:3b:00.0")
    try tree.pci("0000:3b:00.2", virtualFunctionOf: "0000:3b:00.0")
    try tree.pci("0000:3b:00.0")
    let machine = try tree.scan()
    let parent = try machine.device(at: "3b:00.0")
    #expect(parent.pci?.virtualFunctions.map(\.description) == ["0000:3b:00.2", "0000:3b:00.3"])
    #expect(parent.pci?.physicalFunction == nil)
    #expect(try machine.device(at: "3b:00.3").pci?.physicalFunction == PCIAddress("3b:00.0"))
  }

  @Test("A virtual function whose parent is not listed keeps the parent's address")
  func orphan() throws {
    try tree.pci("0000:3b:00.2", virtualFunctionOf: "0000:3b:00.0")
    #expect(try tree.scan().ungrouped.first?.pci?.physicalFunction == PCIAddress("3b:00.0"))
  }

  @Test("A mediated device has a parent and a type")
  func mdev() throws {
    try tree.mdev("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", group: 0)
    let machine = try tree.scan()
    let device = try #require(machine.group(0)?.devices.first)
    #expect(device.mdev?.parent == "mtty")
    #expect(device.mdev?.type == "mtty-2")
    #expect(device.mdev?.typeName == "Dual port serial")
    #expect(device.driver == "mtty")
    #expect(device.pci == nil)
    #expect(machine.group(0)?.name == "vfio-noiommu")
    #expect(machine.notices.isEmpty)
  }

  @Test("A device of another bus appears in the group it shares")
  func otherBus() throws {
    try tree.pci("0000:00:14.0", driver: "vfio-pci", group: 4)
    try tree.platform("AMDI0040:00", driver: "sdhci-acpi", group: 4)
    let devices = try #require(try tree.scan().group(4)?.devices)
    #expect(devices.map(\.address.description) == ["0000:00:14.0", "AMDI0040:00"])
    #expect(devices.last?.address.bus == "platform")
    #expect(devices.last?.driver == "sdhci-acpi")
  }

  @Test("The kernel's release is told")
  func kernelRelease() throws {
    #expect(try tree.scan().kernelRelease == nil)
    try tree.write("proc/sys/kernel/osrelease", "6.12.57+deb13-amd64\n")
    #expect(try tree.scan().kernelRelease == "6.12.57+deb13-amd64")
  }

  @Test("A group is there even when its last device has just gone")
  func emptyGroup() throws {
    try tree.write("sys/kernel/iommu_groups/7/type", "identity\n")
    let group = try #require(try tree.scan().group(7))
    #expect(group.devices.isEmpty)
    #expect(group.type == "identity")
  }

  @Test("Hundreds of devices, read in parts at the same time, come out whole and in order")
  func many() throws {
    for index in 0..<600 {
      let slot = String(index % 32, radix: 16), bus = String(index / 32, radix: 16)
      try tree.pci("0000:\(bus.count < 2 ? "0" : "")\(bus):\(slot.count < 2 ? "0" : "")\(slot).0", group: index)
    }
    try tree.write("sys/devices/pci0000:00/0000:01:01.0/uevent", "nothing\n")
    let machine = try tree.scan()
    #expect(machine.groups.map(\.number) == Array(0..<600))
    let addresses = machine.groups.flatMap { $0.devices.map(\.address) }
    #expect(addresses.count == 600)
    #expect(addresses == addresses.sorted())
    #expect(machine.notices.count == 1)
  }
}
