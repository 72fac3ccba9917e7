import Inventory
import TestSupport
import Testing

@Suite("Looking a device up")
struct LookupTests {
  let machine: Machine
  let tree: Tree

  init() throws {
    tree = try Tree()
    try tree.pci("0000:3b:00.2", driver: "vfio-pci", group: 12)
    try tree.vfio(3, is: "0000:3b:00.2")
    try tree.mdev("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", group: 13)
    try tree.platform("AMDI0040:00", driver: nil, group: 14)
    machine = try tree.scan()
  }

  @Test(
    "Every form of its address finds it",
    arguments: [
      ("0000:3b:00.2", 12), ("3b:00.2", 12), ("3B:00.2", 12), ("/dev/vfio/devices/vfio3", 12),
      ("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", 13), ("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", 13), ("AMDI0040:00", 14),
    ])
  func finds(text: String, group: Int) throws {
    #expect(try machine.device(at: text).group == group)
  }

  @Test(
    "An address that nothing has is told from what is no address",
    arguments: ["3b:00.3", "/dev/vfio/devices/vfio4", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"])
  func missing(text: String) {
    #expect(throws: Machine.LookupError.noSuchDevice(text)) { try machine.device(at: text) }
  }

  @Test("What is no address is refused", arguments: ["", "vfio3", "/dev/vfio/12", "3b:00", "\u{1b}[2J"])
  func refused(text: String) {
    #expect(throws: Machine.LookupError.notAnAddress(text)) { try machine.device(at: text) }
  }

  @Test("Both refusals are one line")
  func lines() {
    #expect(Machine.LookupError.noSuchDevice("3b:00.3").description == "3b:00.3: no such device on this machine")
    #expect(Machine.LookupError.notAnAddress("x").description.hasPrefix("x: not a device address"))
  }
}
