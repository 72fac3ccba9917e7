import Glibc
import Inventory
import TestSupport
import Testing

@Suite("Nodes in /dev/vfio")
struct NodeTests {
  let tree: Tree

  init() throws {
    tree = try Tree()
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 12)
  }

  private func group() throws -> Group { try #require(try tree.scan().group(12)) }

  @Test("A device's node has the number that sysfs gives")
  func current() throws {
    // /dev/null is a character device that every machine has, with the number 1:3.
    try tree.vfio(3, is: "0000:3b:00.2", number: "1:3")
    try tree.link("dev/vfio/devices/vfio3", to: "/dev/null")
    let device = try tree.scan().device(at: "3b:00.2")
    #expect(device.vfioNumber == 3)
    #expect(device.node?.path == "/dev/vfio/devices/vfio3")
    #expect(device.node?.expected == DeviceNumber(major: 1, minor: 3))
    #expect(device.node?.file?.number?.description == "1:3")
    #expect(device.node?.file?.owner == 0)
    #expect(device.node?.state == .current)
  }

  @Test("A node with another number is stale")
  func stale() throws {
    try tree.vfio(3, is: "0000:3b:00.2", number: "510:3")
    try tree.link("dev/vfio/devices/vfio3", to: "/dev/null")
    #expect(try tree.scan().device(at: "3b:00.2").node?.state == .stale)
  }

  @Test("A node that is no device file is stale, and its mode is told")
  func ordinaryFile() throws {
    try tree.vfio(3, is: "0000:3b:00.2", number: "510:3")
    try tree.write("dev/vfio/devices/vfio3", "")
    chmod(tree.root.appending("dev/vfio/devices/vfio3"), 0o640)
    let node = try #require(try tree.scan().device(at: "3b:00.2").node)
    #expect(node.state == .stale)
    #expect(node.file?.number == nil)
    #expect(node.file?.mode == 0o640)
  }

  @Test("A node the kernel has and /dev has not is missing")
  func missing() throws {
    try tree.vfio(3, is: "0000:3b:00.2", number: "510:3")
    #expect(try tree.scan().device(at: "3b:00.2").node?.state == .missing)
  }

  @Test("A kernel without device nodes still numbers its devices")
  func withoutDeviceNodes() throws {
    try tree.vfio(3, is: "0000:3b:00.2", number: nil)
    let device = try tree.scan().device(at: "3b:00.2")
    #expect(device.vfioNumber == 3)
    #expect(device.node == nil)
  }

  @Test("A group's node is /dev/vfio/N")
  func groupNode() throws {
    try tree.groupNode("12", number: "1:3")
    try tree.link("dev/vfio/12", to: "/dev/null")
    let group = try group()
    #expect(group.node?.path == "/dev/vfio/12")
    #expect(group.node?.state == .current)
    #expect(!group.isNoIOMMU)
  }

  @Test("Without an IOMMU it is /dev/vfio/noiommu-N")
  func noIOMMUNode() throws {
    try tree.groupNode("noiommu-12", number: "1:3")
    let group = try group()
    #expect(group.node?.path == "/dev/vfio/noiommu-12")
    #expect(group.isNoIOMMU)
  }

  @Test("A group that VFIO does not have yet has no node")
  func noNode() throws {
    #expect(try group().node == nil)
  }

  @Test("A node that outlived its group is stale")
  func leftOver() throws {
    try tree.write("dev/vfio/12", "")
    #expect(try group().node?.state == .stale)
  }

  @Test(
    "A device number that is none is noticed",
    arguments: ["", "510", "510:", "a:b", "510:3:1", "-1:3", "99999999999:1"])
  func badNumber(text: String) throws {
    try tree.vfio(3, is: "0000:3b:00.2", number: text)
    let machine = try tree.scan()
    #expect(try machine.device(at: "3b:00.2").node == nil)
    #expect(machine.notices.map(\.problem) == [.malformed(expected: "a device number")])
  }
}
