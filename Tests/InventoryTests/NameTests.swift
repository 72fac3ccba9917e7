import Inventory
import TestSupport
import Testing

@Suite("Names from pci.ids")
struct NameTests {
  let tree: Tree

  init() throws { tree = try Tree() }

  private func names(_ text: String) throws -> PCINames {
    try tree.write("names", text)
    let machine = try tree.scan(pciIDs: tree.root.appending("names"))
    #expect(machine.notices.isEmpty)
    return try #require(machine.ungrouped.first?.pci?.names)
  }

  private let sample = """
    # comment
    0010  Allied Telesis, Inc (Wrong ID)
    15b3  Mellanox Technologies
    \t101d  MT2892 Family [ConnectX-6 Dx]
    \t\t15b3 0008  Not of this device
    \t101e  ConnectX Family mlx5Gen Virtual Function
    \t\t15b3 0007  Another board
    \t\t15b3 0008  This board
    15b4  Somebody else
    \t101e  Not of this vendor

    C 01  Mass storage controller
    \t00  SCSI storage controller
    C 02  Network controller
    \t00  Ethernet controller
    \t\t01  A programming interface
    \t80  Network controller

    """

  @Test("Vendor, device, subsystem and class get their names")
  func names() throws {
    try tree.pci("0000:3b:00.2")
    let names = try names(sample)
    #expect(names.vendor == "Mellanox Technologies")
    #expect(names.device == "ConnectX Family mlx5Gen Virtual Function")
    #expect(names.subsystem == "This board")
    #expect(names.classCode == "Ethernet controller")
  }

  @Test("A subclass that has no name takes its base class's")
  func baseClass() throws {
    try tree.pci("0000:3b:00.2", classCode: "20700")
    #expect(try names(sample).classCode == "Network controller")
  }

  @Test("Numbers the file does not know stay without a name")
  func unknown() throws {
    try tree.pci("0000:3b:00.2", classCode: "FF0000", ids: "FFFE:0001", subsystem: "FFFE:0002")
    #expect(try names(sample) == PCINames())
  }

  @Test("A device's number under another vendor is another device")
  func otherVendor() throws {
    try tree.pci("0000:3b:00.2", ids: "0010:101E")
    let names = try names(sample)
    #expect(names.vendor == "Allied Telesis, Inc (Wrong ID)")
    #expect(names.device == nil)
    #expect(names.subsystem == nil)
  }

  @Test(
    "Lines that are no entries are passed over",
    arguments: [
      "zzzz  Nobody\n", "15b3 one blank\n", "15b\n", "\t\t\n", "C\n", "C 2\n", "C 0200  Long\n", "\0\0\0\n", "\t",
    ])
  func oddLines(line: String) throws {
    try tree.pci("0000:3b:00.2")
    #expect(try names(line + sample).vendor == "Mellanox Technologies")
    #expect(try names(line) == PCINames())
  }

  @Test("Bytes that are not UTF-8 do no harm")
  func notUTF8() throws {
    try tree.pci("0000:3b:00.2")
    try tree.write("names", bytes: Array("15b3  Mell".utf8) + [0xff, 0xfe] + Array("nox\n".utf8))
    let machine = try tree.scan(pciIDs: tree.root.appending("names"))
    #expect(machine.ungrouped.first?.pci?.names.vendor == "Mell\u{fffd}\u{fffd}nox")
  }

  @Test("Without the file there are numbers, and a notice")
  func noFile() throws {
    try tree.pci("0000:3b:00.2")
    let machine = try tree.scan(pciIDs: "/nowhere/pci.ids")
    #expect(machine.ungrouped.first?.pci?.vendor == 0x15b3)
    #expect(machine.ungrouped.first?.pci?.names == PCINames())
    #expect(machine.notices.map(\.path) == ["/nowhere/pci.ids"])
  }
}
