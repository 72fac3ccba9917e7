import Foundation
import Migration
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("Moving data by keys")
struct FlowKeyTests {
  private let small = "sim:v2-reference,size=64K,dirty=0"
  private let twin = DeviceReference("sim:v2-reference,size=64K,dirty=0,seed=2")

  private func wasAsked(_ screen: Screen, _ reference: DeviceReference) -> Bool {
    screen.app.store.journal(of: reference)?.lastStep != nil
  }

  @Test("needs an armed device", arguments: ["m", "w", "l"])
  func readOnly(key: String) {
    let screen = Screen(device: small)
    screen.type(key)
    #expect(screen.text.contains("Read-only: press a to arm this device first."))
    #expect(!screen.text.contains("┌ Migrate"))
  }

  @Test("offers the other devices and another simulated one, and marks those known to speak the other protocol")
  func menu() throws {
    let screen = Screen()
    screen.type("", .end, .enter)
    screen.type("", .escape, .home, .down)
    screen.type("jjj", .enter)
    screen.type("aym")
    try screen.expect("migrate-menu")
    #expect(screen.text.contains(/0000:af:00.0 +✗ speaks protocol v1/))
  }

  /// Two listed devices of the machine, and a third one of another model.
  private func machine(_ ids: UInt16...) -> Listing {
    let devices = ids.enumerated().map { index, id in
      var device = ListedDevice(
        reference: .kernel("0000:01:00.\(index)"), address: "0000:01:00.\(index)", bus: "pci", driver: "vfio-pci",
        isVFIO: true)
      (device.vendorID, device.deviceID) = (0x15b3, id)
      return device
    }
    return Listing(iommu: "on", groups: [], ungrouped: devices)
  }

  @Test("marks a device of another model, begins with one that fits, and refuses the other one before it asks")
  func otherModel() throws {
    let models = ["0000:01:00.0": "mlx5", "0000:01:00.1": "hisi-acc", "0000:01:00.2": "mlx5"]
    let screen = Screen(
      machine(0x101e, 0xa250, 0x101e), device: "0000:01:00.0",
      opening: { (reference, journal) throws(OpenFailure) in
        let profile = "\(models["\(reference)"] ?? ""),size=64K"
        return try DeviceOpener().open(.simulated(profile), journal: journal)
      })
    screen.type("aym")
    #expect(screen.text.contains(/0000:01:00.1 +✗ is a device 15b3:a250/))
    screen.type("", .enter)
    #expect(screen.text.contains("Destination: 0000:01:00.2."))
    screen.type("nk", .enter)
    #expect(screen.text.contains("✗ Nothing was done: 0000:01:00.0 is a device 15b3:101e, 0000:01:00.1"))
    #expect(screen.text.contains("│ is 19e5:a256. "))
    #expect(!screen.text.contains("Migrate?"))
    screen.type("y")
    #expect(screen.app.store.flow(of: DeviceReference("0000:01:00.0")) == nil)
    #expect(!wasAsked(screen, DeviceReference("0000:01:00.1")))
    screen.type("", .escape)
    // Now it is known from the device itself.
    #expect(screen.text.contains(/0000:01:00.1 +✗ is a device 19e5:a256/))
  }

  @Test("names both devices and says what is lost before anything is done, and arms the destination by that")
  func question() throws {
    let screen = Screen(device: small)
    screen.type("aym", .end, .enter)
    try screen.expect("migrate-question")
    #expect(!screen.app.store.isArmed(twin))
    screen.type("n")
    #expect(!wasAsked(screen, DeviceReference(small)))
    #expect(!wasAsked(screen, twin))
    screen.type("", .enter)
    screen.type("y")
    #expect(screen.app.store.isArmed(twin))
    #expect(screen.text.contains("✓ End seen: all data was moved."))
    #expect(screen.text.contains("\(small) is in stop, read back."))
    #expect(screen.text.contains("\(twin) is in running, read back."))
    screen.type("", .escape)
    #expect(screen.text.contains(" vfioscope  sim:v2-reference,size=64K"))
    screen.type("f")
    #expect(screen.text.contains("✓ End seen"))
    #expect(screen.app.store.farewells().first?.hasPrefix("\(small) was in stop when it was closed") == true)
  }

  @Test("takes the downtime target and the way from the menu")
  func options() {
    let screen = Screen(device: small)
    screen.type("aym++p")
    #expect(screen.text.contains("downtime target: 3 s") || screen.text.contains("downtime target: 3.0 s"))
    #expect(screen.text.contains("data is moved only once the source is stopped"))
    screen.type("---")
    #expect(screen.text.contains("downtime target: 100 ms"))
    screen.type("jjjj", .enter)
    screen.type("y")
    #expect(!screen.text.contains("pre-copy"))
    #expect(screen.text.contains("target 100 ms"))
  }

  @Test("leaves the source working when the destination can't take the data")
  func failure() {
    let screen = Screen(device: small)
    screen.type("aym", .home, .enter)
    screen.type("y")
    #expect(screen.text.contains("✗ Not finished:"))
    #expect(screen.text.contains("\(small) is in running, read back."))
    #expect(screen.text.contains("was reset and is in running; what it held is lost."))
  }

  @Test("is not begun with a device of the other protocol, nor while one is at work")
  func refused() {
    let screen = Screen(device: "sim:v1-reference,size=64K")
    screen.type("aym", .home, .enter)
    screen.type("y")
    #expect(screen.text.contains("The two devices speak different protocols."))
    #expect(screen.app.store.flow(of: DeviceReference("sim:v1-reference,size=64K")) == nil)
  }

  @Test("is not begun when the source has changed its state since it was asked")
  func changed() {
    let screen = Screen(device: small)
    screen.type("aymjjjj", .enter)
    screen.app.store.perform(.step(.state(.v2(.stop))), on: DeviceReference(small))
    screen.type("y")
    #expect(screen.text.contains("Nothing was done: the device is in stop now, not in running."))
    #expect(!wasAsked(screen, twin))
  }

  @Test("saves to the file that is named, and loads from it")
  func file() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)?.stream").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let screen = Screen(device: small, width: 120)
    screen.type("ayw")
    try screen.expect("save-name")
    screen.type(path, .enter)
    #expect(screen.text.contains("Save?"))
    screen.type("y")
    #expect(screen.text.contains("✓ End seen: all data was moved."))
    #expect(screen.text.contains("SHA-256 "))
    #expect(FileManager.default.fileExists(atPath: path))
    screen.type("", .escape)
    screen.type("l")
    screen.type(path, .enter)
    #expect(screen.text.contains("Load?"))
    screen.type("y")
    #expect(screen.text.contains("✓ End seen: all data was moved."))
    #expect(screen.text.contains("✓ resuming"))
  }

  private func type(_ path: String, after key: String, on screen: Screen) -> String {
    screen.type(key)
    screen.type(path, .enter)
    return screen.text
  }

  @Test("asks nothing about a file that can't be written, and takes another name")
  func unwritable() throws {
    let folder = try StreamFolder()
    let (there, begun) = (try folder.file("a", [1]), folder.path("b"))
    _ = try folder.file("b.part", [1])
    let screen = Screen(device: small, width: 120)
    screen.type("ay")
    for (path, why) in [
      (there, "a: is there already"), ("/dev/full", "/dev/full: is there and is not a plain file"),
      (folder.path("none/c"), "ENOENT"), (begun, "b.part: is there"),
    ] {
      let text = type(path, after: "w", on: screen)
      #expect(text.contains(why), "\(text)")
      #expect(text.contains("Save to file:") && !text.contains("Save?"))
      screen.type("", .escape)
    }
    screen.type("w")
    screen.type(there, .enter)
    screen.type("2", .enter)
    #expect(screen.text.contains("Save?"))
    screen.type("n")
    #expect(!FileManager.default.fileExists(atPath: there + "2.part"))
    #expect(!wasAsked(screen, DeviceReference(small)))
  }

  @Test("asks nothing about a file that could not be loaded, and says why")
  func unloadable() throws {
    let folder = try StreamFolder()
    let cut = try folder.mtty("cut")
    folder.cut(cut, to: 300)
    let other = try folder.simulated("v1", "v1-reference,size=64K,dirty=0")
    let stranger = try folder.simulated("mlx5", "mlx5,size=64K,dirty=0", model: "15b3:101e")
    let screen = Screen(device: small, width: 120)
    screen.type("ay")
    for (path, why) in [
      (cut, "cut: at byte 300"), (other, "was saved by protocol"),
      (stranger, "device 15b3:101e, sim:v2-reference,size=64K,dirty=0 is 5649:0002."),
      (folder.path("none"), "none: open: ENOENT"), (try folder.file("text", [1, 2]), "text: is not a stream"),
      ("/dev/full", "/dev/full: is read more than once"),
    ] {
      let text = type(path, after: "l", on: screen)
      #expect(text.contains("✗ Nothing was done: ") && !text.contains("Load?"))
      #expect(text.split(whereSeparator: { " │\n".contains($0) }).joined(separator: " ").contains(why), "\(text)")
      screen.type("y", .escape)
      #expect(!screen.text.contains("Nothing was done"))
    }
    #expect(!wasAsked(screen, DeviceReference(small)))
  }

  @Test("tells how far a long file has been looked at before it asks")
  func longFile() throws {
    let folder = try StreamFolder()
    let path = try folder.simulated("long", "v2-reference,size=64M,dirty=0")
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), captures: Captures(),
      makeHandle: { DeviceHandle($0, execution: .inline) })
    let app = InspectorApp(store: store, device: DeviceReference(small))
    app.resize(width: 100, height: 30)
    func text() -> String {
      var canvas = Canvas(height: 30, width: 100)
      app.draw(on: &canvas)
      return canvas.text
    }
    for key in "ayl\(path)".map(Key.character) + [.enter] { _ = app.handle(key) }
    #expect(!text().contains("Load?"))
    #expect(text().contains("reading, "))
    // Yes to what has not been asked yet is no answer.
    _ = app.handle(.character("y"))
    #expect(store.flow(of: DeviceReference(small)) == nil)
    try wait { text().contains("Load?") }
  }

  @Test("makes another simulated device from one, with other memory and none of its faults")
  func twins() {
    #expect(
      DeviceReference("sim:v1-reference,size=4M,state=stop,fail=stop:EIO,hang=stop,seed=2").twin
        == DeviceReference("sim:v1-reference,size=4M,seed=3"))
    #expect(DeviceReference("0000:01:00.0").twin == nil)
  }
}

@Suite("A flow that goes on")
struct FlowGoingOnTests {
  private let hanging = DeviceReference("sim:v2-reference,size=64K,hang=stop-copy")

  /// The program in the view of a migration whose source never answers a request for stop-copy.
  private func program() throws -> (app: InspectorApp, store: Store) {
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), makeHandle: { DeviceHandle($0) })
    let app = InspectorApp(store: store, device: hanging)
    app.resize(width: 100, height: 30)
    try wait { store.status(hanging)?.observation != nil && store.status(hanging)?.work == nil }
    for key in "aymjjjj" { _ = app.handle(.character(key)) }
    _ = app.handle(.enter)
    try wait { hanging.twin.flatMap(store.status)?.observation != nil }
    try wait { hanging.twin.flatMap(store.status)?.work == nil }
    // It is asked only when it is known what both devices are.
    try wait { text(app).contains("Migrate?") }
    _ = app.handle(.character("y"))
    return (app, store)
  }

  private func text(_ app: InspectorApp) -> String {
    var canvas = Canvas(height: 30, width: 100)
    app.draw(on: &canvas)
    return canvas.text
  }

  @Test("keeps both devices to itself")
  func busy() throws {
    let (_, store) = try program()
    for reference in [hanging, try #require(hanging.twin)] {
      #expect(store.status(reference)?.work?.name == "migrate")
      store.message = nil
      store.perform(.step(.reset), on: reference)
      #expect(store.message == "Busy: migrate, wait until it has answered.")
      store.message = nil
      #expect(store.begin(.save(reference, path: "never"), TransferOptions()) == nil)
      #expect(store.message == "Busy: migrate, wait until it has answered.")
    }
  }

  @Test("asks before the program ends, and is named at the end")
  func quit() throws {
    let (app, store) = try program()
    // Until then it is the destination that is asked.
    try wait { store.journal(of: hanging)?.open?.step == .state(.v2(.stopCopy)) }
    #expect(app.handle(.character("q")))
    #expect(text(app).contains("Quit in the middle of it?"))
    #expect(text(app).contains("The source goes on as before. The destination is reset"))
    #expect(app.handle(.character("n")))
    #expect(!text(app).contains("Quit in the middle of it?"))
    _ = app.handle(.character("q"))
    #expect(!app.handle(.character("y")))
    #expect(store.farewells().contains("\(hanging) had not answered yet (migrate); its state is not known."))
  }

  @Test("is given up when that is confirmed")
  func giveUp() throws {
    let (app, store) = try program()
    let flow = try #require(store.flow(of: hanging))
    _ = app.handle(.character("x"))
    #expect(text(app).contains("The source goes on as before. The destination is reset"))
    _ = app.handle(.character("n"))
    #expect(!flow.status.isCancelled)
    _ = app.handle(.character("x"))
    _ = app.handle(.character("y"))
    #expect(flow.status.isCancelled)
    #expect(text(app).contains("Giving up …"))
  }
}
