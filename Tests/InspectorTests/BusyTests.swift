import Migration
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("What a device has not answered")
struct BusyTests {
  private let reference = DeviceReference.simulated("v2-reference,hang=stop-copy")

  /// The program with a simulated device that answers on its own queue, seen by a clock that is 10 s ahead.
  private func program(_ reference: DeviceReference) -> (InspectorApp, Store) {
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }),
      clock: { .now + .seconds(10) }, makeHandle: { DeviceHandle($0) })
    let app = InspectorApp(store: store, device: reference)
    app.resize(width: 100, height: 24)
    return (app, store)
  }

  private func text(_ app: InspectorApp) -> String {
    var canvas = Canvas(height: 24, width: 100)
    app.draw(on: &canvas)
    return canvas.text
  }

  @Test("keeps further steps from being asked, and is named")
  func stepsAreRefused() throws {
    let (_, store) = program(reference)
    try wait { store.status(reference).map { $0.observation != nil && $0.work == nil } == true }
    store.perform(.arm, on: reference)
    store.perform(.step(.state(.v2(.stopCopy))), on: reference)
    #expect(store.message == nil)
    for command in [Command.step(.reset), .step(.state(.v2(.running))), .act(.openChunk)] {
      store.message = nil
      store.perform(command, on: reference)
      #expect(store.message == "Busy: step to stop-copy, wait until it has answered.")
    }
    store.message = nil
    #expect(!store.close(reference))
    #expect(store.message == "Busy: step to stop-copy, wait until it has answered.")
    #expect(try #require(store.status(reference)).work?.name == "step to stop-copy")
  }

  @Test("may be a look: then nothing is shown as live, and the farewell says so")
  func hangingLook() throws {
    let slow = DeviceReference.simulated("v2-reference,dirty=0,access-latency=50ms")
    let (app, store) = program(slow)
    try wait { store.status(slow).map { $0.observation != nil && $0.lookingSince == nil } == true }
    let before = text(app)
    #expect(before.contains(/state ● running  RUNNING \(2\) for \d+ s/))
    #expect(before.contains("bytes, live"))
    // A frame counts only if the same look was under way before and after it.
    while true {
      store.look()
      try wait { store.status(slow)?.lookingSince != nil }
      let since = try #require(store.status(slow)).lookingSince
      let (during, farewells) = (text(app), store.farewells())
      guard since != nil, since == store.status(slow)?.lookingSince else { continue }
      #expect(during.contains(/state ○ running  RUNNING \(2\) last seen \d+ s ago/))
      #expect(during.contains(/busy: look for \d+ s/))
      #expect(during.contains("○ running  │"))
      #expect(!during.contains("live"))
      #expect(during.contains(/bytes, last seen \d+ s ago/))
      #expect(
        farewells.first?.contains(/50ms had not answered a look for \d+ s; it was last seen in running\.$/) == true)
      break
    }
  }

  @Test("is a look only when it takes more than a second")
  func patience() {
    var status = DeviceStatus()
    let now = ContinuousClock.now
    status.lookingSince = now - .milliseconds(900)
    #expect(status.busy(at: now) == nil)
    #expect(!status.isStale(at: now))
    status.lookingSince = now - .milliseconds(1100)
    #expect(status.busy(at: now)?.name == "look")
    #expect(status.isStale(at: now))
  }
}

@Suite("A look that fails")
struct FailedLookTests {
  @Test("leaves what was seen earlier, with its age, and is told at the end")
  func failed() throws {
    let opening = FakeOpening { FakeDevice.v2().offeringDataSize() }
    let screen = Screen(device: "0000:01:00.0", width: 120, later: .seconds(7), opening: opening.open)
    #expect(screen.text.contains("96 bytes, live"))
    opening.devices.first?.die()
    screen.app.store.look()
    let text = screen.text
    #expect(text.contains("state ○ running  RUNNING (2) last seen 7 s ago"))
    #expect(text.contains("✗ last look failed: FEATURE GET MIG_DEVICE_STATE argsz 16: ENODEV"))
    #expect(text.contains("96 bytes, last seen 7 s ago"))
    #expect(!text.contains("live"))
    #expect(screen.app.store.farewells().first?.hasSuffix("; it was last seen in running.") == true)
  }
}

@Suite("A step that was confirmed")
struct ConfirmedStepTests {
  private let reference = DeviceReference.kernel("0000:01:00.0")

  @Test("is not done when the device is no longer in the state in which it was planned")
  func stateChanged() throws {
    let opening = FakeOpening()
    let screen = Screen(device: "\(reference)", opening: opening.open)
    let device = try #require(opening.devices.first)
    screen.type("aysj", .enter)
    #expect(screen.text.contains("Step to stop?"))
    device.put(in: V2State.preCopy.rawValue)
    screen.app.store.look()
    screen.type("y")
    #expect(screen.text.contains("Nothing was done: the device is in pre-copy now, not in running."))
    #expect(!device.wasAskedForAState())
    #expect(screen.text.contains("Step from pre-copy"))
    screen.type("", .enter)
    screen.type("y")
    #expect(device.wasAskedForAState())
    #expect(try screen.status(reference).observation?.state == .v2(.stop))
  }

  @Test("is not done when the state is one that the plan did not see, a reset neither")
  func resetToo() throws {
    let opening = FakeOpening()
    let screen = Screen(device: "\(reference)", opening: opening.open)
    let device = try #require(opening.devices.first)
    screen.type("ays", .end, .enter)
    #expect(screen.text.contains("Do it: reset?"))
    device.put(in: V2State.stopCopy.rawValue)
    screen.app.store.look()
    _ = device.takeAsked()
    screen.type("y")
    #expect(!device.takeAsked().contains(.reset))
  }
}
