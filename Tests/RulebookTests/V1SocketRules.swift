import Dispatch
import Migration
import Simulator
import TestSupport
import Testing
import VFIO

@testable import Rulebook

@Suite("A reference device of v1 behind a socket")
struct V1SocketRules {
  private static let topics = ["V1-SAVE", "V1-RES", "V1-QUI", "V1-NDMA", "V1-DIRTY"]
  /// What a server has no answer to, or another one than the kernel.
  private static let kernelOnly = [
    "V1-NDMA-03", "V1-NDMA-04", "V1-DIRTY-01", "V1-DIRTY-02", "V1-DIRTY-07", "V1-DIRTY-08", "V1-DIRTY-09",
    "V1-DIRTY-11",
  ]

  @Test(
    "keeps the rules about data, as far as they can be tried there", arguments: ["chunk=16K", "chunk=16K,map=only"])
  func keeps(options: String) async throws {
    let checked = try await Self.served(options, rules: Self.topics)
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect([.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words)")
    }
    let skipped = checked.findings.filter { $0.verdict == .skip }.map(\.rule.id)
    #expect(skipped == (options.contains("only") ? ["V1-SAVE-11"] : []) + Self.kernelOnly)
  }

  /// What is found out about a reference device with these options behind a socket.
  static func served(_ options: String, rules: [String]) async throws -> CheckedDevice {
    try await withCheckedThrowingContinuation { continuation in
      // The calls wait for the server: not on a task's thread.
      DispatchQueue.global().async { continuation.resume(with: Result { try check(options, rules) }) }
    }
  }

  private static func check(_ options: String, _ rules: [String]) throws -> CheckedDevice {
    let folder = try Tree()
    let path = "\(folder.path)/socket"
    var serving = ServerOptions()
    serving.generation = .first
    let server = try VFIOUserServer(
      try SimulatedDevice.open("v1-reference,size=64K,\(options)"), at: path, options: serving)
    let isOver = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      try? server.run()
      isOver.signal()
    }
    defer {
      server.stop()
      _ = isOver.wait(timeout: .now() + 10)
    }
    let device = try VFIOUserDevice.open(path, recorder: Journal())
    return try CheckedDevice(device, rules: rules, surroundings: Surroundings(socket: path))
  }
}
