import Inventory
import Testing

@Suite("Addresses")
struct AddressTests {
  @Test(
    "A PCI address is read in its full and its short form, in either case",
    arguments: [
      ("0000:3b:00.2", "0000:3b:00.2"), ("3b:00.2", "0000:3b:00.2"), ("3B:1F.7", "0000:3b:1f.7"),
      ("10000:e1:00.0", "10000:e1:00.0"), ("ffffffff:ff:1f.7", "ffffffff:ff:1f.7"), ("0:0:0.0", "0000:00:00.0"),
    ])
  func readsPCI(text: String, name: String) {
    #expect(PCIAddress(text)?.description == name)
  }

  @Test(
    "What is no PCI address is none",
    arguments: [
      "", ":", "3b", "3b:00", "3b:00.", "3b:00.8", "3b:20.0", "100:00.0", "0000:3b:00.2 ", " 3b:00.2", "3b:00.2.1",
      "0000:3b:000.2", "123456789:00:00.0", "g0:00.0", "3b:00.22", "0000::00.0", "3b-00.2", "３b:00.2",
    ])
  func refusesPCI(text: String) {
    #expect(PCIAddress(text) == nil)
  }

  @Test("A UUID is read in either case and spelled as sysfs does")
  func readsUUID() {
    let address = DeviceAddress("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001")
    #expect(address == .mdev("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"))
    #expect(address?.bus == "mdev")
  }

  @Test(
    "What is no UUID is none",
    arguments: [
      "83b8f4f2", "83b8f4f2-509f-382f-3c1e-e6bfe0fa100", "83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
      "83b8f4f2509f382f3c1ee6bfe0fa1001", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-", "----",
    ])
  func refusesUUID(text: String) {
    #expect(DeviceAddress(text) == nil)
  }

  @Test("Addresses sort by domain, bus, device, function")
  func sorts() {
    let sorted = ["0000:00:00.0", "0000:00:00.1", "0000:00:02.0", "0000:10:00.0", "0001:00:00.0", "10000:00:00.0"]
    #expect(sorted.reversed().compactMap { PCIAddress($0) }.sorted().map(\.description) == sorted)
  }

  @Test("Device and function have their limits")
  func limits() {
    #expect(PCIAddress(bus: 0, device: 31, function: 7) != nil)
    #expect(PCIAddress(bus: 0, device: 32, function: 0) == nil)
    #expect(PCIAddress(bus: 0, device: 0, function: 8) == nil)
  }
}
