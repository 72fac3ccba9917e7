import Glibc
import Inventory
import TestSupport
import Testing

@Suite("Who holds a node")
struct HolderTests {
  let tree: Tree

  init() throws { tree = try Tree() }

  @Test("Process, command and descriptor are named")
  func node() throws {
    try tree.process(4711, "qemu-system-x86", open: [26: "/dev/null", 27: "/dev/vfio/12"])
    try tree.process(12, "bash", open: [0: "/dev/pts/0"])
    let holders = Holders.of(nodes: ["/dev/vfio/12"], root: tree.root)
    let holder = try #require(holders.found.first)
    #expect(holders.found.count == 1)
    #expect(holder.pid == 4711)
    #expect(holder.command == "qemu-system-x86")
    #expect(holder.fd == 27)
    #expect(holder.target == .node("/dev/vfio/12"))
    #expect(holders.caveat == nil)
  }

  @Test("The kernel's own /proc is read the same way")
  func thisProcess() throws {
    let fd = open("/dev/full", O_RDONLY | O_CLOEXEC)
    defer { close(fd) }
    let own = Holders.of(nodes: ["/dev/full"]).found.filter { $0.pid == getpid() }
    #expect(own.map(\.fd) == [fd])
    #expect(own.first?.command.isEmpty == false)
  }

  @Test("The number of a group is compared whole")
  func wholeNumber() throws {
    try tree.process(4711, "qemu", open: [27: "/dev/vfio/123"])
    #expect(Holders.of(nodes: ["/dev/vfio/12"], root: tree.root).found.isEmpty)
  }

  @Test("All holders are found, lowest process and descriptor first")
  func several() throws {
    try tree.process(20, "b", open: [5: "/dev/vfio/devices/vfio3", 4: "/dev/vfio/12"])
    try tree.process(3, "a", open: [9: "/dev/vfio/12"])
    let holders = Holders.of(nodes: ["/dev/vfio/12", "/dev/vfio/devices/vfio3"], root: tree.root)
    #expect(holders.found.map(\.pid) == [3, 20, 20])
    #expect(holders.found.map(\.fd) == [9, 4, 5])
  }

  @Test("A node that was removed is still held")
  func deleted() throws {
    try tree.process(4711, "qemu", open: [27: "/dev/vfio/12 (deleted)"])
    #expect(Holders.of(nodes: ["/dev/vfio/12"], root: tree.root).found.map(\.target) == [.node("/dev/vfio/12")])
  }

  @Test("A descriptor got from a group is known by the device's path that fdinfo tells")
  func fdinfo() throws {
    let place = "/sys/devices/pci0000:3a/0000:3b:00.2"
    try tree.process(
      4711, "qemu", open: [30: "anon_inode:[vfio-device]", 31: "anon_inode:[vfio-device]"],
      fdinfo: [
        30: "pos:\t0\nflags:\t02000002\nvfio-device-syspath: \(place)\n",
        31: "vfio-device-syspath: /sys/devices/pci0000:3a/0000:3b:00.3\n",
      ])
    let address = try #require(DeviceAddress("3b:00.2"))
    let holders = Holders.of(nodes: [], devices: [address], root: tree.root)
    #expect(holders.found.map(\.fd) == [30])
    #expect(holders.found.map(\.target) == [.device(place)])
  }

  @Test("An older kernel's fdinfo tells nothing and does no harm")
  func olderKernel() throws {
    try tree.process(4711, "qemu", open: [30: "anon_inode:[vfio-device]"], fdinfo: [30: "pos:\t0\n"])
    let address = try #require(DeviceAddress("3b:00.2"))
    #expect(Holders.of(nodes: [], devices: [address], root: tree.root).found.isEmpty)
  }

  @Test(
    "The control group tells the unit or the container",
    arguments: [
      ("0::/system.slice/libvirtd.service\n", "/system.slice/libvirtd.service"),
      ("12:pids:/user.slice\n0::/docker/abc\n", "/docker/abc"), ("3:cpu:/old\n2:mem:/older\n", "3:cpu:/old"),
    ])
  func controlGroup(text: String, group: String) throws {
    try tree.process(4711, "qemu", open: [27: "/dev/vfio/12"])
    try tree.write("proc/4711/cgroup", text)
    #expect(Holders.of(nodes: ["/dev/vfio/12"], root: tree.root).found.map(\.controlGroup) == [group])
  }

  @Test("Processes that can't be looked into are counted and said")
  func unreadable() throws {
    for pid in [5, 6] {
      try tree.process(pid, "secret", open: [27: "/dev/vfio/12"])
      tree.forbid("proc/\(pid)/fd")
    }
    try tree.process(7, "open", open: [27: "/dev/vfio/12"])
    let holders = asOrdinaryUser { Holders.of(nodes: ["/dev/vfio/12"], root: tree.root) }
    #expect(holders.found.map(\.pid) == [7])
    #expect(holders.unreadableProcesses == 2)
    #expect(holders.caveat == "2 processes could not be looked into; run as root to see all.")
  }

  @Test("A process that ends meanwhile, and what is no process, are passed over")
  func vanished() throws {
    try tree.folder("proc/99")
    try tree.write("proc/version", "Linux\n")
    try tree.write("proc/98", "not a folder")
    try tree.process(4711, "qemu", open: [27: "/dev/vfio/12"])
    let holders = Holders.of(nodes: ["/dev/vfio/12"], root: tree.root)
    #expect(holders.found.map(\.pid) == [4711])
    #expect(holders.unreadableProcesses == 1)
  }

  @Test("Without /proc nothing is found, and that is said")
  func noProc() throws {
    tree.delete("proc")
    let holders = Holders.of(nodes: ["/dev/vfio/12"], root: tree.root)
    #expect(holders.found.isEmpty)
    #expect(holders.notices.map(\.path) == [tree.root.appending("proc")])
  }

  @Test("A machine looks for a device's own node, its group's and the device itself")
  func ofDevice() throws {
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 12)
    try tree.vfio(3, is: "0000:3b:00.2")
    try tree.groupNode("12", number: "511:0")
    try tree.process(1, "a", open: [4: "/dev/vfio/12"])
    try tree.process(2, "b", open: [5: "/dev/vfio/devices/vfio3"])
    try tree.process(
      3, "c", open: [6: "anon_inode:[vfio-device]"], fdinfo: [6: "vfio-device-syspath: /sys/devices/x/0000:3b:00.2\n"])
    let machine = try tree.scan()
    #expect(machine.holders(of: try machine.device(at: "3b:00.2")).found.map(\.pid) == [1, 2, 3])
  }
}
