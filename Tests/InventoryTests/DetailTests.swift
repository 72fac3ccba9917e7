import Glibc
import Inventory
import TestSupport
import Testing

@Suite("A device's details")
struct DetailTests {
  let tree: Tree
  let address: DeviceAddress

  init() throws {
    tree = try Tree()
    try tree.pci("0000:3b:00.0")
    address = try #require(DeviceAddress("3b:00.0"))
  }

  private func write(_ name: String, _ text: String) throws {
    try tree.write("\(tree.pciPlace)/0000:3b:00.0/\(name)", text)
  }

  private func details() -> DeviceDetails { DeviceDetails.read(of: address, root: tree.root) }

  @Test("All of them are read")
  func all() throws {
    try write("driver_override", "vfio-pci\n")
    try write("reset_method", "flr bus\n")
    try write("numa_node", "1\n")
    try write("sriov_totalvfs", "127\n")
    let details = details()
    #expect(details.driverOverride == "vfio-pci")
    #expect(details.resetMethods == ["flr", "bus"])
    #expect(details.numaNode == 1)
    #expect(details.totalVirtualFunctions == 127)
    #expect(details.notices.isEmpty)
  }

  @Test("The kernel's ways to write 'none' are none")
  func none() throws {
    try write("driver_override", "(null)\n")
    try write("reset_method", "\n")
    try write("numa_node", "-1\n")
    let details = details()
    #expect(details.driverOverride == nil)
    #expect(details.resetMethods == [])
    #expect(details.numaNode == nil)
    #expect(details.notices.isEmpty)
  }

  @Test("What an older kernel or a simpler device lacks is no notice")
  func absent() {
    let details = details()
    #expect(details.driverOverride == nil)
    #expect(details.resetMethods == nil)
    #expect(details.numaNode == nil)
    #expect(details.totalVirtualFunctions == nil)
    #expect(details.notices.isEmpty)
  }

  @Test("Garbage where a number belongs is noticed")
  func garbage() throws {
    try write("numa_node", "near\u{1b}[2J\n")
    #expect(details().numaNode == nil)
    #expect(details().notices.map(\.problem) == [.malformed(expected: "a number")])
  }

  @Test("A device that is gone is noticed")
  func gone() throws {
    let other = try #require(DeviceAddress("3b:00.1"))
    #expect(DeviceDetails.read(of: other, root: tree.root).notices.map(\.problem) == [.gone])
  }
}

@Suite("Migration in debugfs")
struct MigrationDebugfsTests {
  let tree: Tree
  let address: DeviceAddress

  init() throws {
    tree = try Tree()
    address = try #require(DeviceAddress("3b:00.2"))
  }

  private var place: String { "sys/kernel/debug/vfio/0000:3b:00.2/migration" }

  @Test(
    "The state is told in the kernel's word",
    arguments: [
      "ERROR", "STOP", "RUNNING", "STOP_COPY", "RESUMING", "RUNNING_P2P", "PRE_COPY", "PRE_COPY_P2P", "Invalid",
    ])
  func state(word: String) throws {
    try tree.write("\(place)/state", "\(word)\n")
    #expect(try MigrationDebugfs.state(of: address, root: tree.root) == word)
  }

  @Test("The features are told line by line")
  func features() throws {
    try tree.write("\(place)/features", "stop-copy\np2p\npre-copy\ndirty-tracking\n")
    #expect(
      try MigrationDebugfs.features(of: address, root: tree.root) == ["stop-copy", "p2p", "pre-copy", "dirty-tracking"])
  }

  @Test("A device that can't migrate, or a kernel without debugfs, tells nothing")
  func absent() throws {
    #expect(try MigrationDebugfs.state(of: address, root: tree.root) == nil)
    try tree.folder("sys/kernel/debug/vfio/0000:3b:00.2")
    #expect(try MigrationDebugfs.state(of: address, root: tree.root) == nil)
    #expect(try MigrationDebugfs.features(of: address, root: tree.root) == nil)
  }

  @Test("Users who may not look are told so")
  func forbidden() throws {
    try tree.write("\(place)/state", "RUNNING\n")
    tree.forbid("sys/kernel/debug")
    let failure = asOrdinaryUser {
      #expect(throws: ReadFailure.self) { try MigrationDebugfs.state(of: address, root: tree.root) }
    }
    #expect(failure?.errno == EACCES)
    #expect(failure?.path == tree.root.appending("\(place)/state"))
  }

  @Test("A mediated device is found by its UUID")
  func mdev() throws {
    let uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
    try tree.write("sys/kernel/debug/vfio/\(uuid)/migration/state", "STOP\n")
    #expect(try MigrationDebugfs.state(of: .mdev(uuid), root: tree.root) == "STOP")
  }
}
