import Inventory
import TestSupport
import Testing

@testable import Inspector

@Suite("Who holds a device")
struct HolderTests {
  @Test("is named once for each process, whatever the number of its descriptors, and not this program")
  func once() throws {
    let tree = try Tree()
    let node = "/dev/vfio/12"
    try tree.process(812, "qemu-system-x86", open: [3: node, 4: node, 9: node])
    try tree.process(813, "vfioscope", open: [3: node])
    try tree.process(900, "holder", open: [5: node])
    let holders = Holders.of(nodes: [node], root: tree.root)
    #expect(holders.found.count == 5)
    #expect(holders.processes(except: 813) == ["process 812 (qemu-system-x86)", "process 900 (holder)"])
  }
}
