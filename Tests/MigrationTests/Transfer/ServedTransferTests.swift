import Dispatch
import Simulator
import TestSupport
import Testing
import VFIO

@testable import Migration

/// Devices behind a vfio-user socket.
@Suite struct ServedTransferTests {
  /// Runs `body` with a session on this simulated device, over a socket.
  private func serving<R>(_ address: String, _ body: (MigrationSession) throws -> R) throws -> R {
    let folder = try Tree()
    let path = "\(folder.path)/s"
    let server = try VFIOUserServer(try SimulatedDevice.open(address), at: path, options: ServerOptions())
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue(label: "served device").async {
      try? server.run()
      ended.signal()
    }
    defer {
      server.stop()
      _ = ended.wait(timeout: .now() + .seconds(20))
    }
    let journal = Journal()
    let device = try VFIOUserDevice.open(path, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    return try body(MigrationSession(device: device, interface: interface, journal: journal))
  }

  /// The client asks for four reads of 1 MiB ahead when the first one was full.
  @Test(arguments: ["save", "migrate"]) func whatWasAskedForInPreCopyIsItsData(_ verb: String) throws {
    let report = try serving("v2-reference,size=9M,dirty=0") { session in
      var options = TransferOptions()
      // It ends with the first read.
      options.limits.preCopyTime = .zero
      if verb == "save" { return SaveOperation(session, to: MemoryStream(), options: options).run() }
      let target = try SimulatedSession("v2-reference,size=9M,dirty=0,seed=2")
      return MigrateOperation([(session, target.session)], options: options).run()
    }
    #expect(report.fault == nil)
    #expect(report.phases.map(\.state) == ["pre-copy", "stop-copy"])
    #expect(report.phases.first?.bytes == 5 << 20)
    #expect(report.phases.reduce(0) { $0 + $1.bytes } > 9 << 20)
  }
}
