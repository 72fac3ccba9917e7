import Migration
import Rulebook
import TestSupport
import Testing

@testable import Inspector
@testable import Terminal

@Suite("Playing a scenario by keys")
struct ScenarioViewTests {
  private let small = "sim:v2-reference,size=64K"
  private var reference: DeviceReference { DeviceReference(small) }

  private func state(_ screen: Screen, _ reference: DeviceReference? = nil) -> String? {
    screen.app.store.status(reference ?? self.reference)?.observation?.state.name
  }

  /// The program with a scenario that is ready to be played.
  private func ready(
    _ name: String, on device: String = "sim:v2-reference,size=64K", height: Int = 24, width: Int = 80,
    glyphs: Glyphs = .utf8
  ) throws -> Screen {
    let screen = Screen(device: device, height: height, width: width, glyphs: glyphs)
    let scenarios = try ScenarioCatalog.shipped.get().filter { $0.protocol.rawValue == String(name.prefix(2)) }
    let index = try #require(scenarios.firstIndex { $0.name == name })
    screen.type("ayp" + String(repeating: "j", count: index), .enter)
    return screen
  }

  @Test("needs an armed device")
  func readOnly() {
    let screen = Screen(device: small)
    screen.type("p")
    #expect(screen.text.contains("Read-only: press a to arm this device first."))
    #expect(!screen.text.contains("┌ Scenarios"))
  }

  @Test("offers those that fit the device, with what they may do to it")
  func menu() throws {
    let screen = Screen(device: small)
    screen.type("aypj")
    try screen.expect("scenario-menu")
    let without = Screen(device: "sim:v2-reference,size=64K,flags=1")
    without.type("ayp")
    #expect(without.text.contains("v2-save-restore"))
    #expect(without.text.contains("v2-no-way-back"))
    #expect(!without.text.contains("v2-pre-copy"))
    #expect(!without.text.contains("v1-"))
  }

  @Test("plays a step at a time, and shows what was expected and what was seen")
  func steps() throws {
    let screen = try ready("v2-no-way-back")
    #expect(screen.text.contains("From STOP_COPY there is no way back to PRE_COPY."))
    #expect(state(screen) == "running")
    // It does no more than perturb, and the device is armed: nothing is asked.
    screen.type("n")
    #expect(state(screen) == "stop-copy")
    screen.type("n")
    try screen.expect("scenario-step")
    screen.type("nn")
    #expect(screen.text.contains("✓ Played to its end: all as expected."))
    #expect(state(screen) == "running")
    screen.type("n")
    #expect(screen.text.contains("It is over: press b to go back to its start."))
  }

  @Test("looks at other steps, and comes back with the next one that is played")
  func looks() throws {
    let screen = try ready("v2-no-way-back")
    screen.type("njj")
    #expect(screen.text.contains("does      ask for running"))
    #expect(screen.text.contains("seen      –"))
    screen.type("", .home)
    #expect(screen.text.contains("seen      now stop-copy"))
    screen.type("kkkkn")
    #expect(screen.text.contains("does      read a chunk"))
  }

  @Test("asks before what loses a device's state, and plays to the end")
  func question() throws {
    let screen = try ready("v2-abort-resuming")
    screen.type("r")
    try screen.expect("scenario-question")
    screen.type("n")
    #expect(screen.app.store.journal(of: reference)?.lastStep == nil)
    screen.type("ry")
    #expect(screen.text.contains("✓ Played to its end: all as expected."))
    #expect(state(screen) == "running")
  }

  @Test("goes back to its start by a reset, which it asks for")
  func backToStart() throws {
    let screen = try ready("v2-no-way-back")
    screen.type("b")
    #expect(!screen.text.contains("Back to the start?"))
    screen.type("nb")
    try screen.expect("scenario-back")
    screen.type("n")
    #expect(state(screen) == "stop-copy")
    screen.type("by")
    #expect(state(screen) == "running")
    #expect(screen.text.contains("step 1 of 4"))
    screen.type("r")
    #expect(screen.text.contains("✓ Played to its end: all as expected."))
  }

  @Test("ends at a step that comes out otherwise, and says why")
  func failure() throws {
    let screen = try ready("v2-error-reset")
    screen.type("ry")
    try screen.expect("scenario-failed")
  }

  @Test("begins nowhere else than where it says, and a reset leads there")
  func elsewhere() throws {
    let screen = try ready("v2-no-way-back", on: "sim:v2-reference,size=64K,state=stop")
    screen.type("n")
    #expect(screen.text.contains("begins in running, the device is in stop."))
    screen.type("by")
    screen.type("r")
    #expect(screen.text.contains("✓ Played to its end: all as expected."))
  }

  @Test("plays on two devices, arms the second one by its question, and shows both")
  func twoDevices() throws {
    let screen = try ready("v2-save-restore", height: 36, width: 120)
    #expect(screen.text.contains("Play it with"))
    screen.type("", .end, .enter)
    let twin = try #require(reference.twin)
    #expect(!screen.app.store.isArmed(twin))
    screen.type("n")
    #expect(screen.text.contains("\(small) is stopped for a while."))
    #expect(screen.text.contains("\(small),seed=2 loses its state."))
    #expect(screen.text.contains("Read-only now: \(small),seed=2."))
    screen.type("y")
    #expect(screen.app.store.isArmed(twin))
    screen.type("nnnnn")
    try screen.expect("scenario-two")
    screen.type("r")
    #expect(state(screen) == "stop")
    #expect(state(screen, twin) == "running")
  }

  @Test("fits on the smallest screen, in ASCII")
  func small16() throws {
    let screen = try ready(
      "v1-error-reset", on: "sim:v1-reference,size=64K,break=16K", height: 16, width: 60, glyphs: .ascii)
    screen.type("ny")
    screen.type("nn")
    try screen.expect("scenario-small")
    #expect(!screen.text.unicodeScalars.contains { !$0.isASCII })
  }

  @Test("is found again when its view was left in the middle of it")
  func left() throws {
    let screen = try ready("v2-no-way-back")
    screen.type("n", .escape)
    #expect(screen.text.contains("p play a scenario") || screen.text.contains(" vfioscope  \(small)"))
    screen.type("p")
    #expect(screen.text.contains("step 2 of 4"))
    screen.type("r", .escape)
    screen.type("p")
    #expect(screen.text.contains("┌ Scenarios"))
  }

  @Test("does nothing more to a device that was disarmed meanwhile")
  func disarmed() throws {
    let screen = try ready("v2-no-way-back")
    screen.type("n", .escape)
    screen.type("apn")
    #expect(screen.text.contains("Read-only: press a to arm this device first.") || screen.text.contains("step 2 of 4"))
    #expect(state(screen) == "stop-copy")
  }

  @Test("says that a device was closed")
  func closed() throws {
    let screen = try ready("v2-no-way-back")
    screen.type("n")
    _ = screen.app.store.close(reference)
    screen.type("n")
    #expect(screen.text.contains("Read-only: press a"))
    #expect(screen.text.contains("is closed") || screen.text.contains("state"))
  }
}

@Suite("A scenario that goes on")
struct StageTests {
  private let hanging = DeviceReference("sim:v2-reference,size=64K,hang=stop-copy")

  /// The program in the view of a scenario whose device never answers its first step.
  private func program() throws -> (app: InspectorApp, store: Store, stage: Stage) {
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), makeHandle: { DeviceHandle($0) })
    let scenario = try #require(try ScenarioCatalog.shipped.get().first { $0.name == "v2-no-way-back" })
    let app = InspectorApp(store: store, device: hanging, scenario: (scenario, on: [hanging]))
    app.resize(width: 100, height: 30)
    try wait { store.status(hanging)?.observation != nil && store.status(hanging)?.work == nil }
    return (app, store, try #require(store.stage(of: hanging)))
  }

  private func text(_ app: InspectorApp) -> String {
    var canvas = Canvas(height: 30, width: 100)
    app.draw(on: &canvas)
    return canvas.text
  }

  @Test("keeps its device to itself, and is asked about when the program is to end")
  func hangs() throws {
    let (app, store, stage) = try program()
    for key in "ny" { _ = app.handle(.character(key)) }
    #expect(stage.status.work != nil)
    try wait { store.status(hanging)?.work != nil }
    #expect(text(app).contains("busy: scenario v2-no-way-back"))
    #expect(text(app).contains("x give up"))
    #expect(store.refuseBusy(hanging))
    #expect(store.message == "Busy: scenario v2-no-way-back is being played.")
    for key in "nrb" { _ = app.handle(.character(key)) }
    #expect(stage.status.run.outcomes.isEmpty)
    #expect(app.handle(.character("q")))
    #expect(text(app).contains("Under way: scenario v2-no-way-back."))
    #expect(!app.handle(.character("y")))
  }

  @Test("plays to its end on queues of its own, and shows each step")
  func toEnd() throws {
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), makeHandle: { DeviceHandle($0) })
    let devices = [DeviceReference("sim:v2-reference,size=64K"), DeviceReference("sim:v2-reference,size=64K,seed=2")]
    let scenario = try #require(try ScenarioCatalog.shipped.get().first { $0.name == "v2-save-restore" })
    let stage = store.prepare(scenario, on: devices)
    try wait { devices.allSatisfy { store.status($0)?.observation != nil && store.status($0)?.work == nil } }
    store.perform(.toEnd, on: stage, arming: true)
    try wait { stage.status.run.ending != nil }
    // Whoever sees its end may go back to the start at once.
    #expect(stage.status.work == nil)
    #expect(stage.status.run.ending == .played)
    #expect(store.status(devices[1])?.observation?.state.name == "running")
    store.perform(.backToStart, on: stage, arming: false)
    try wait { stage.status.work == nil }
    #expect(!stage.status.hasBegun)
    #expect(store.status(devices[0])?.observation?.state.name == "running")
  }

  @Test("is given up by a key, in the middle of a step that waits")
  func givenUp() throws {
    let text = """
      title = "T"
      shows = "S"
      protocol = "v2"
      [[steps]]
      say = "S."
      wait = 50
      """
    let scenario = try Scenario(name: "waits", file: "waits", text: text)
    let reference = DeviceReference("sim:v2-reference,size=64K")
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }), makeHandle: { DeviceHandle($0) })
    let app = InspectorApp(store: store, device: reference, scenario: (scenario, on: [reference]))
    app.resize(width: 100, height: 30)
    try wait { store.status(reference)?.observation != nil && store.status(reference)?.work == nil }
    let stage = try #require(store.stage(of: reference))
    for key in "ryx" { _ = app.handle(.character(key)) }
    try wait { stage.status.work == nil }
    #expect(stage.status.run.ending == .cancelled)
    #expect(self.text(app).contains("Given up. The devices stay where they are."))
  }
}
