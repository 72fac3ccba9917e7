import Glibc
import Inventory
import TestSupport
import Testing

/// In each of these one thing is wrong; the good device beside it must be listed all the same.
@Suite("A scan of a broken tree")
struct BadInputTests {
  let tree: Tree

  init() throws {
    tree = try Tree()
    try tree.pci("0000:01:00.0", driver: "vfio-pci", group: 1)
    try tree.pci("0000:02:00.0", driver: "nvme", group: 2)
  }

  private var uevent: String { "\(tree.pciPlace)/0000:02:00.0/uevent" }

  private func expectTheRest(of machine: Machine, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try machine.device(at: "01:00.0").driver == "vfio-pci", sourceLocation: sourceLocation)
  }

  @Test("A device that went away is left out and noticed")
  func vanished() throws {
    tree.delete("\(tree.pciPlace)/0000:02:00.0")
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(machine.devices.count == 1)
    #expect(machine.notices.map(\.problem) == [.gone])
    #expect(machine.notices.first?.path == tree.root.appending("sys/bus/pci/devices/0000:02:00.0/uevent"))
  }

  @Test(
    "A uevent without ids leaves the device listed, its driver unknown",
    arguments: [
      "", "\n\n\n", "garbage", "DRIVER=nvme\n", "PCI_CLASS=10802\n", "PCI_CLASS=\nPCI_ID=\n",
      "PCI_CLASS=1080200000\nPCI_ID=144D:A80A\n", "PCI_CLASS=10802\nPCI_ID=144D\n",
      "PCI_CLASS=10802\nPCI_ID=144D:A80AF\n",
      "PCI_CLASS=xyz\nPCI_ID=144D:A80A\n",
    ])
  func withoutIDs(text: String) throws {
    try tree.write(uevent, text)
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    let device = try machine.device(at: "02:00.0")
    #expect(device.binding == .unknown)
    #expect(device.pci == nil)
    #expect(device.group == 2)
    #expect(machine.notices.map(\.problem) == [.malformed(expected: "a PCI function's class and ids")])
  }

  @Test("Binary garbage does no harm")
  func binary() throws {
    try tree.write(uevent, bytes: (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 37) })
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(machine.notices.count == 1)
  }

  @Test("A driver's name that is not UTF-8, or holds control characters, is kept for the views to escape")
  func oddDriver() throws {
    let lines = Array("PCI_CLASS=10802\nPCI_ID=144D:A80A\n".utf8)
    try tree.write(uevent, bytes: Array("DRIVER=nv\u{1b}[2J".utf8) + [0xff, 0x0a] + lines)
    #expect(try tree.scan().device(at: "02:00.0").driver == "nv\u{1b}[2J\u{fffd}")
  }

  @Test("A huge file is read to its limit and noticed")
  func huge() throws {
    try tree.write(uevent, "PCI_CLASS=10802\nPCI_ID=144D:A80A\n" + String(repeating: "X=1\n", count: 100_000))
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(try machine.device(at: "02:00.0").pci?.vendor == 0x144d)
    #expect(machine.notices.map(\.problem) == [.tooLong(limit: 4096)])
  }

  @Test("A folder where a file belongs is noticed")
  func folder() throws {
    tree.delete(uevent)
    try tree.folder(uevent)
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(try machine.device(at: "02:00.0").binding == .unknown)
    #expect(machine.notices.map(\.problem) == [.unreadable(errno: EISDIR)])
  }

  @Test("A link that leads in a circle is noticed")
  func circle() throws {
    tree.delete(uevent)
    try tree.link(uevent, to: "uevent")
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(machine.notices.map(\.problem) == [.unreadable(errno: ELOOP)])
  }

  @Test("A file that nobody may read is noticed")
  func forbidden() throws {
    _ = try tree.scan()
    tree.forbid(uevent)
    let machine = try asOrdinaryUser { try tree.scan() }
    try expectTheRest(of: machine)
    #expect(machine.notices.map(\.problem) == [.unreadable(errno: EACCES)])
    #expect(machine.notices.first?.description.hasSuffix("uevent: Permission denied (errno 13)") == true)
  }

  @Test("A FIFO where a file belongs does not hang the scan")
  func fifo() throws {
    tree.delete(uevent)
    mkfifo(tree.root.appending(uevent), 0o644)
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(try machine.device(at: "02:00.0").pci == nil)
  }

  @Test("Names that are no addresses are noticed, on both buses")
  func oddNames() throws {
    try tree.folder("sys/bus/pci/devices/virtio0")
    try tree.folder("sys/bus/mdev/devices/not-a-uuid")
    try tree.folder("sys/kernel/iommu_groups/twelve")
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(
      machine.notices.map(\.problem) == [
        .malformed(expected: "a PCI address as its name"), .malformed(expected: "a UUID as its name"),
        .malformed(expected: "a group's number as its name"),
      ])
  }

  @Test("A group link that names no group leaves the device ungrouped and is noticed")
  func oddGroup() throws {
    try tree.pci("0000:03:00.0")
    try tree.link("\(tree.pciPlace)/0000:03:00.0/iommu_group", to: "../../../kernel/iommu_groups/-5")
    try tree.pci("0000:04:00.0")
    try tree.write("\(tree.pciPlace)/0000:04:00.0/iommu_group", "12")
    let machine = try tree.scan()
    #expect(machine.ungrouped.map(\.address.description) == ["0000:03:00.0", "0000:04:00.0"])
    #expect(
      Set(machine.notices.map(\.description.utf8.count)).count == 2 && machine.notices.count == 2)
    #expect(machine.notices.contains { $0.problem == .malformed(expected: "a link to an IOMMU group") })
    #expect(machine.notices.contains { $0.problem == .unreadable(errno: EINVAL) })
  }

  @Test("A group that a device names and the kernel does not list any more is listed without a type")
  func vanishedGroup() throws {
    tree.delete("sys/kernel/iommu_groups/2")
    let machine = try tree.scan()
    #expect(machine.group(2)?.type == nil)
    #expect(machine.group(2)?.devices.count == 1)
  }

  @Test("A VFIO entry that leads to no known device is passed over")
  func strayVFIO() throws {
    try tree.link("sys/class/vfio-dev/vfio0", to: "nowhere")
    try tree.link("sys/class/vfio-dev/vfio1", to: "../../devices/pci0000:00/0000:77:00.0/vfio-dev/vfio1")
    try tree.folder("sys/class/vfio-dev/vfioX")
    let machine = try tree.scan()
    try expectTheRest(of: machine)
    #expect(machine.devices.allSatisfy { $0.vfioNumber == nil })
  }

  @Test("A mediated device without a type is listed without one")
  func typelessMdev() throws {
    let uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
    try tree.mdev(uuid, group: 3)
    tree.delete("sys/devices/virtual/mtty/mtty/\(uuid)/mdev_type")
    let device = try tree.scan().device(at: uuid)
    #expect(device.mdev?.parent == "mtty")
    #expect(device.mdev?.type == nil)
  }

  @Test("A root without sysfs is refused with one line", arguments: ["sys", ""])
  func noSysfs(place: String) throws {
    tree.delete(place)
    let failure = #expect(throws: ReadFailure.self) { try Machine.scan(root: tree.root) }
    #expect(failure?.description == "\(tree.root.appending("sys")): No such file or directory (errno 2)")
  }

  @Test("A root may end in slashes")
  func slashes() throws {
    let machine = try Machine.scan(root: Root(tree.root.path + "//"))
    #expect(machine.root == tree.root)
    try expectTheRest(of: machine)
  }
}
