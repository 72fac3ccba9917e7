import Migration
import Rulebook
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("The menu of faults")
struct FaultViewTests {
  private let reference = DeviceReference.simulated("v2-reference,size=64K")

  private func screen(
    _ device: String = "sim:v2-reference,size=64K", height: Int = 24, width: Int = 80, glyphs: Glyphs = .utf8
  ) -> Screen {
    Screen(device: device, height: height, width: width, glyphs: glyphs)
  }

  /// The menu with a fault selected.
  private func menu(_ screen: Screen, at name: String, of device: DeviceReference? = nil) throws {
    screen.type("F")
    let items = FaultItem.all(for: try screen.status(device ?? reference))
    let index = try #require(items.firstIndex { $0.name == name })
    screen.type(String(repeating: "j", count: index))
  }

  @Test("names what a user and what the device can do wrong")
  func looks() throws {
    let small = screen()
    small.type("F")
    try small.expect("faults")
    let large = screen(height: 48, width: 110)
    try menu(large, at: "short-reads")
    try large.expect("faults-large")
    let own = screen()
    own.type("F", .tab)
    try own.expect("faults-device")
    own.type("", .tab)
    try own.expect("faults")
    let ascii = screen(glyphs: .ascii)
    ascii.type("F", .end)
    try ascii.expect("faults-ascii")
    let smallest = screen(height: 16, width: 60)
    smallest.type("F", .end)
    try smallest.expect("faults-smallest")
  }

  @Test("has only those of the device's protocol")
  func fits() throws {
    let v1 = screen("sim:v1-reference,size=64K", height: 60)
    v1.type("F")
    #expect(v1.text.contains("wrong-width"))
    #expect(v1.text.contains("pending-for-ever"))
    #expect(!v1.text.contains("endless"))
    let v2 = screen(height: 60)
    v2.type("F")
    #expect(!v2.text.contains("wrong-width"))
    #expect(v2.text.contains("endless"))
    // They show only when a device is opened.
    #expect(!v1.text.contains("capabilities-loop"))
  }

  @Test("changes nothing of a device that is not armed")
  func readOnly() throws {
    let screen = screen()
    screen.type("F", .enter)
    #expect(screen.text.contains("Read-only: go back and press a to arm this device first."))
    screen.type("", .end, .enter)
    #expect(screen.text.contains("Read-only"))
    let status = try screen.status(reference)
    #expect(status.fault == nil)
    #expect(status.faults == [])
  }

  @Test("makes a fault and shows what was seen, with the state read back")
  func makes() throws {
    let screen = screen()
    screen.type("ay")
    try menu(screen, at: "invalid-state")
    screen.type("", .enter)
    try screen.expect("fault-made")
    #expect(try screen.status(reference).fault?.findings.map(\.rule.id) == ["V2-STATE-03"])
    screen.type("", .escape)
    #expect(screen.text.contains("Faults of sim:v2-reference"))
  }

  @Test("asks before what loses the device's state")
  func confirms() throws {
    let screen = screen()
    screen.type("ay")
    try menu(screen, at: "cut-stream")
    screen.type("", .enter)
    try screen.expect("fault-question")
    screen.type("n")
    #expect(try screen.status(reference).fault == nil)
    screen.type("", .enter)
    screen.type("y")
    let fault = try #require(try screen.status(reference).fault)
    #expect(fault.findings.map(\.verdict) == [.pass])
    #expect(fault.finalState == "running")
    #expect(screen.text.contains("Fault cut-stream on sim:v2-reference"))
  }

  @Test("finds a device out that takes a damaged stream")
  func broken() throws {
    let defect = DeviceReference.simulated("v2-reference,size=64K,defect=V2-RES-01")
    let screen = screen(defect.description)
    screen.type("ay")
    try menu(screen, at: "cut-stream", of: defect)
    screen.type("", .enter)
    screen.type("y")
    try screen.expect("fault-found")
  }

  @Test("switches faults of the device on and off, and every view says so")
  func switches() throws {
    let screen = screen()
    screen.type("ay")
    try menu(screen, at: "unreadable-state")
    screen.type("", .enter)
    #expect(try screen.status(reference).faults == ["unreadable-state"])
    #expect(screen.text.contains("FAULTS ON  ARMED"))
    #expect(screen.text.contains("last look failed"))
    screen.type("", .escape)
    try screen.expect("device-faulty")
    #expect(screen.text.contains("F faults"))
    screen.type("Fx")
    #expect(try screen.status(reference).faults == [])
    #expect(!screen.text.contains("FAULTS ON"))
    #expect(!screen.text.contains("last look failed"))
  }

  @Test("asks for the value of a fault that takes one, and says what is wrong with it")
  func values() throws {
    let screen = screen()
    screen.type("ay")
    try menu(screen, at: "refuse-state")
    screen.type("", .enter)
    screen.type("stop")
    try screen.expect("fault-value")
    screen.type("", .enter)
    #expect(screen.text.contains("refuse-state takes a value: refuse-state:STATE/ERRNO"))
    screen.type("/EBUSY", .enter)
    #expect(try screen.status(reference).faults == ["refuse-state:stop/EBUSY"])
    #expect(screen.text.contains("On: refuse-state:stop/EBUSY."))
    // A device that is disarmed may still be made whole.
    screen.type("", .escape)
    screen.type("a")
    try menu(screen, at: "refuse-state")
    screen.type("", .enter)
    #expect(try screen.status(reference).faults == [])
  }

  @Test("has no switches for devices that are not simulated")
  func withoutSwitches() throws {
    let screen = Screen(device: "0000:01:00.0", opening: FakeOpening().open)
    screen.type("F", .end)
    #expect(screen.text.contains("Only simulated devices have switches for that."))
    #expect(!screen.text.contains("short-reads"))
    screen.type("", .escape)
    screen.type("ayp")
    #expect(screen.text.contains("v2-no-way-back"))
    #expect(!screen.text.contains("v2-refused-state"))
  }

  @Test("shows a fault that a scenario has left on, and going back to its start lifts it")
  func scenario() throws {
    let screen = screen()
    let scenarios = try ScenarioCatalog.shipped.get().filter { $0.protocol == .v2 }
    let index = try #require(scenarios.firstIndex { $0.name == "v2-refused-state" })
    screen.type("ayp" + String(repeating: "j", count: index), .enter)
    screen.type("ny")
    #expect(screen.text.contains("FAULTS ON"))
    #expect(try screen.status(reference).faults == ["refuse-state:stop-copy/EIO/1"])
    screen.type("nnby")
    #expect(try screen.status(reference).faults == [])
    screen.type("ry")
    #expect(screen.text.contains("Played to its end"))
  }
}
