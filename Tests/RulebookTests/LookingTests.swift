import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

/// A user's data session, and checks that only look.
@Suite("Checks that only look")
struct LookingTests {
  @Test(
    "leave the data session that they find to whoever has opened it",
    arguments: ["v1-reference", "v2-reference"], ["stop-copy", "resuming"])
  func session(profile: String, state: String) throws {
    let journal = Journal()
    let device = RecordingDevice(try SimulatedDevice.open("\(profile),size=64K"), recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: journal)
    session.step(.state(try #require(interface.states.first { $0.name == state })))
    #expect(interface.hasUntouchedSession)
    let rules = try Rulebook.shipped.get().rules(matching: [])
    let ending = CheckRun(session).run(rules.filter { $0.protocol.rawValue == interface.protocol.rawValue }) { _ in }
    #expect(ending == .complete)
    #expect(interface.hasUntouchedSession)
    #expect(session.presentState?.name == state)
    // The data fd is still open.
    if state == "stop-copy" {
      let piece = try interface.reader(.auto).next(stopped: true) { (_, _) throws(TransferFault) in }
      #expect(piece != .end)
    }
  }
}
