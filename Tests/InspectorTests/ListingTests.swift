import Dispatch
import Inventory
import Migration
import TestSupport
import Testing

@testable import Inspector
@testable import Terminal

@Suite("The names of a device lead to one reference")
struct ResolveTests {
  private func listing() throws -> Listing {
    let tree = try Tree()
    try tree.pci("0000:3b:00.2", driver: "mlx5_vfio_pci", group: 12)
    try tree.vfio(3, is: "0000:3b:00.2", number: "510:3")
    try tree.groupNode("12", number: "509:12")
    try tree.mdev("b1a2f0a4-0a2e-4a9d-9c3e-8b4f4e2c0001", group: 51)
    return Listing(try tree.scan())
  }

  @Test(
    "by address, in short, in upper case, and by node",
    arguments: [
      ("0000:3b:00.2", "0000:3b:00.2"), ("3b:00.2", "0000:3b:00.2"), ("3B:00.2", "0000:3b:00.2"),
      ("/dev/vfio/devices/vfio3", "0000:3b:00.2"),
      ("B1A2F0A4-0A2E-4A9D-9C3E-8B4F4E2C0001", "b1a2f0a4-0a2e-4a9d-9c3e-8b4f4e2c0001"),
    ])
  func kernel(name: String, address: String) throws {
    #expect(try listing().resolve(DeviceReference(name)) == .kernel(address))
  }

  @Test(
    "and what is not listed keeps its name", arguments: ["0000:ff:00.0", "ether0", "sim:v2-reference", "vfio-user:/x"])
  func unknown(name: String) throws {
    #expect(try listing().resolve(DeviceReference(name)) == DeviceReference(name))
  }

  @Test("of the demo's devices too, which are called by their addresses to the end")
  func demo() {
    let screen = Screen(device: "3b:00.2")
    #expect(screen.text.contains(" vfioscope  0000:3b:00.2 "))
    #expect(screen.text.contains("protocol v2 by simulator"))
    screen.type("aysj", .enter)
    screen.type("y")
    #expect(
      screen.app.store.farewells() == [
        "0000:3b:00.2 was in stop when it was closed; many drivers go back to running then."
      ])
  }

  @Test("so that a device that is named and then chosen is opened once")
  func once() {
    let opening = FakeOpening()
    let screen = Screen(device: "3B:00.2", opening: opening.open)
    screen.type("", .escape, .enter)
    #expect(screen.text.contains(" vfioscope  0000:3b:00.2 "))
    #expect(opening.devices.count == 1)
  }
}

@Suite("Devices that are listed from somewhere else")
struct ListedFromTests {
  @Test("are not opened, whatever this machine has at the same address")
  func kernel() throws {
    let opener = DeviceOpener(listedFrom: "/copy")
    let error = #expect(throws: OpenFailure.self) { try opener.open(.kernel("0000:3b:00.2"), journal: Journal()) }
    #expect(error?.description == "0000:3b:00.2: devices of the kernel are listed from /copy, not opened")
  }

  @Test("do not keep simulated ones from being opened")
  func simulated() throws {
    let opened = try DeviceOpener(listedFrom: "/copy").open(.simulated("v2-reference"), journal: Journal())
    #expect(opened.way == "simulator")
  }
}

@Suite("The machine's files")
struct RescanTests {
  private let small = Listing(iommu: "on", groups: [])

  private func program(_ reader: ListingReader) -> InspectorApp {
    let app = InspectorApp(
      store: Store(listing: .demo, reader: reader, makeHandle: { DeviceHandle($0, execution: .inline) }))
    app.resize(width: 80, height: 24)
    return app
  }

  private func text(_ app: InspectorApp) -> String {
    var canvas = Canvas(height: 24, width: 80)
    app.draw(on: &canvas)
    return canvas.text
  }

  @Test("are read again when asked, away from the main thread, which goes on meanwhile")
  func rescan() throws {
    let (small, gate, events) = (small, DispatchSemaphore(value: 0), Events())
    let app = program(
      ListingReader(
        scan: {
          gate.wait()
          events.add("scanned")
          return small
        }))
    _ = app.handle(.character("r"))
    #expect(text(app).contains("5 IOMMU groups, 6 devices, scanning…"))
    _ = app.handle(.character("r"))
    _ = app.handle(.down)
    #expect(text(app).contains("0000:3b:00.2"))
    gate.signal()
    try wait { !text(app).contains("scanning") }
    #expect(text(app).contains("0 IOMMU groups, 0 devices"))
    #expect(events.all == ["scanned"])
  }

  @Test("that can't be read again leave the list as it was, with one line")
  func failure() {
    let app = program(
      ListingReader(execution: .inline, scan: { throw OpenFailure(.refused, "/sys: Permission denied") }))
    _ = app.handle(.character("r"))
    #expect(text(app).contains("/sys: Permission denied"))
    #expect(text(app).contains("5 IOMMU groups, 6 devices  "))
  }

  @Test("tell a device's details once, when it is first shown")
  func details() throws {
    let events = Events()
    let app = program(
      ListingReader(
        scan: { .demo },
        details: { reference in
          events.add("\(reference)")
          return ListedDevice.Details(resetMethods: ["flr"], driverOverride: nil, numaNode: nil)
        }, onChange: { events.add("read") }))
    _ = text(app)
    try wait { events.all.contains("read") }
    #expect(text(app).contains("resets        flr"))
    _ = text(app)
    #expect(events.all == ["sim:v2-reference,flags=7,size=64M,dirty=1M,rate=6M", "read"])
  }
}
