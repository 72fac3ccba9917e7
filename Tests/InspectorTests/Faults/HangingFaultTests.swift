import Migration
import Rulebook
import Testing

@testable import Inspector
@testable import Terminal

@Suite("A fault of the user whose call does not come back")
struct HangingFaultTests {
  private let reference = DeviceReference.simulated("v2-reference,size=64K")

  /// The program with a simulated device that answers on its own queue, seen by a clock that is 10 s ahead.
  private func program() throws -> (InspectorApp, Store) {
    let store = Store(
      listing: .demo, reader: ListingReader(execution: .inline, scan: { .demo }),
      clock: { .now + .seconds(10) }, makeHandle: { DeviceHandle($0) })
    let app = InspectorApp(store: store, device: reference)
    app.resize(width: 100, height: 24)
    try wait { store.status(reference).map { $0.observation != nil && $0.work == nil } == true }
    store.perform(.arm, on: reference)
    return (app, store)
  }

  private func text(_ app: InspectorApp) -> String {
    var canvas = Canvas(height: 24, width: 100)
    app.draw(on: &canvas)
    return canvas.text
  }

  @Test("is told with how long, and can be given up: what was to follow is not done any more")
  func givenUp() throws {
    let (app, store) = try program()
    #expect(store.switchOn("hang:stop-copy", of: reference))
    // It has two parts.
    let fault = try #require(UserFault.all.first { $0.name == "close-device" })
    #expect(fault.rules(in: .v2).count == 2)
    _ = app.handle(.character("F"))
    // A look that goes on meanwhile keeps it from being made.
    try wait { store.perform(.makeFault(fault), on: reference) }
    // What was said of that would stand where the keys are told.
    store.message = nil
    app.show(FaultView(reference))
    // Others are open for a moment, too.
    try wait {
      store.status(reference)?.fault != nil
        && store.journal(of: reference)?.open.map { $0.start.duration(to: .now) > .milliseconds(200) } == true
    }
    var hanging = text(app)
    #expect(hanging.contains("Being done"))
    #expect(hanging.contains(/No answer for \d+ s to FEATURE SET MIG_DEVICE_STATE/))
    #expect(hanging.contains("hang:stop-copy"))
    #expect(hanging.contains("x give up"))
    _ = app.handle(.character("x"))
    hanging = text(app)
    #expect(hanging.contains("Giving up"))
    #expect(!hanging.contains("x asks it to end"))
    #expect(store.status(reference)?.fault?.isRunning == true)
    // The way out that is told.
    _ = app.handle(.escape)
    _ = app.handle(.character("x"))
    #expect(store.faults(of: reference) == [])
    try wait { store.status(reference).map { $0.fault?.isRunning == false && $0.work == nil } == true }
    let made = try #require(store.status(reference)?.fault)
    #expect(made.ending == .cancelled)
    #expect(made.findings.count == 2)
    #expect(made.findings.last?.verdict == .skip)
    #expect(made.finalState == "running")
    app.show(FaultView(reference))
    let ended = text(app)
    #expect(ended.contains("Given up before the end."))
    #expect(!ended.contains("x give up"))
  }

  @Test("that was given up does not end the next one")
  func next() throws {
    let (_, store) = try program()
    store.giveUpChecks(reference)
    let fault = try #require(UserFault.all.first { $0.name == "close-device" })
    store.perform(.makeFault(fault), on: reference)
    store.giveUpChecks(reference)
    try wait { store.status(reference).map { $0.fault?.isRunning == false && $0.work == nil } == true }
    store.perform(.makeFault(fault), on: reference)
    try wait { store.status(reference).map { $0.fault?.isRunning == false && $0.work == nil } == true }
    #expect(store.status(reference)?.fault?.ending == .complete)
  }
}
