import Migration
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("A device in use")
struct HandleTests {
  private let reference = DeviceReference.kernel("0000:01:00.0")

  @Test("is opened again when it failed, after it was let go of, and its journal goes on")
  func reopened() throws {
    let opening = FakeOpening { FakeDevice.v2().openingDataFD(for: .stopCopy) }
    let screen = Screen(device: "\(reference)", width: 120, opening: opening.open)
    screen.type("aysjjj", .enter)
    screen.type("y")
    let first = try #require(opening.devices.first)
    first.die()
    screen.app.store.look()
    #expect(screen.text.contains("last look failed: FEATURE GET MIG_DEVICE_STATE argsz 16: ENODEV"))
    #expect(screen.text.contains("o open again"))
    screen.type("o")
    #expect(opening.devices.count == 2)
    #expect(first.closedStreams.withLock { $0 } == 1)
    #expect(screen.text.contains("state ● running"))
    #expect(screen.text.contains("READ-ONLY"))
    let steps = try #require(screen.app.store.journal(of: reference)).entries().filter { numbered in
      if case .step = numbered.entry { true } else { false }
    }
    #expect(steps.count == 1)
  }

  @Test("is not opened again while it works")
  func notReopened() {
    let opening = FakeOpening()
    let screen = Screen(device: "\(reference)", opening: opening.open)
    screen.type("o")
    #expect(opening.devices.count == 1)
  }

  @Test("is opened again on its own queue, so that the two openings never meet")
  func sameQueue() throws {
    let events = Events()
    let opening: DeviceHandle.Opening = { (reference, journal) throws(OpenFailure) in
      events.add("begin")
      let device = try FakeOpening().open(reference, journal)
      events.add("end")
      return device
    }
    let handle = DeviceHandle(reference, opening: opening)
    for _ in 0..<5 { handle.reopen() }
    try wait { events.all.count >= 12 }
    #expect(events.all == Array(repeating: ["begin", "end"], count: 6).flatMap { $0 })
  }

  @Test("is let go of by c, so that somebody else can have it, and opened when it is entered again")
  func closed() throws {
    let opening = FakeOpening { FakeDevice.v2().openingDataFD(for: .stopCopy) }
    let screen = Screen(opening: opening.open)
    screen.type("", .enter)
    screen.type("aysjjj", .enter)
    screen.type("ycy")
    #expect(screen.text.contains("The device is closed."))
    #expect(screen.text.contains("0000:3b:00.2 was in stop-copy when it was closed; many drivers go back to"))
    let first = try #require(opening.devices.first)
    #expect(first.closedStreams.withLock { $0 } == 1)
    _ = first.takeAsked()
    screen.app.store.look()
    #expect(first.takeAsked().isEmpty)
    screen.type("", .escape)
    #expect(screen.text.contains("5 IOMMU groups"))
    screen.type("", .enter)
    #expect(opening.devices.count == 2)
    #expect(screen.text.contains("state ● running"))
    #expect(screen.text.contains("READ-ONLY"))
  }

  @Test("that was running is let go of with a plain word")
  func closedRunning() {
    let screen = Screen()
    screen.type("", .enter)
    screen.type("c")
    #expect(screen.text.contains("0000:3b:00.2 is closed: another program can open it."))
  }
}
