import CVFIO
import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// Who never stops talking must not hold the other side.
@Suite("A flood over a vfio-user socket")
struct FloodTests {
  /// Sends these bytes again and again, until nobody takes them any more.
  private static func flood(_ socket: Int32, with bytes: [UInt8]) {
    let many = Array(repeatElement(bytes, count: 100).joined())
    Thread.start { while send(socket, many, many.count, Int32(MSG_NOSIGNAL)) > 0 {} }
  }

  private static func bytes(_ command: WireCommand, _ payload: [UInt8], _ flags: WireHeader.Flags) -> [UInt8] {
    let header = WireHeader(id: 9, command: command.rawValue, payload: payload.count, flags: flags)
    return [UInt8].bytes(of: header.raw) + payload
  }

  @Test(
    "of a server's own commands does not keep a client beyond its deadline",
    arguments: [WireHeader.Flags.command, .commandWithoutReply])
  func server(flags: WireHeader.Flags) throws {
    let isFlooding = Atomic(false)
    let server = try FakeServer { server, command, _ in
      guard command == .regionRead else { return nil }
      isFlooding.store(true, ordering: .relaxed)
      let question = Self.bytes(.dmaRead, [UInt8](repeating: 0, count: 16), flags)
      let many = Array(repeatElement(question, count: 100).joined())
      // The answers are not read.
      let deadline = ContinuousClock.now + .seconds(20)
      while .now < deadline, server.sendAll(many) {}
      return .nothing
    }
    defer { server.stop() }
    var options = VFIOUserOptions()
    options.timeout = .milliseconds(300)
    let device = try VFIOUserDevice.open(server.path, options: options, recorder: Recording())
    let region = try device.region(0)
    let start = ContinuousClock.now
    let error = #expect(throws: DeviceError.self) { try device.bytes(in: region, at: 0, count: 4) }
    #expect(start.duration(to: .now) < .seconds(5))
    #expect(error?.reason == .lost(.timedOut))
    let hasFlooded = isFlooding.load(ordering: .relaxed)
    #expect(hasFlooded)
  }

  @Test(
    "of a client's commands does not keep a server from ending",
    arguments: [WireHeader.Flags.command, .commandWithoutReply])
  func client(flags: WireHeader.Flags) throws {
    let tree = try Tree()
    let path = "\(tree.path)/s"
    let server = try VFIOUserServer(FakeDevice.v2(), at: path)
    let ended = DispatchSemaphore(value: 0)
    Thread.start {
      try? server.run()
      ended.signal()
    }
    let number = cu_connect(path)
    try #require(number >= 0)
    let client = PassedDescriptor(owning: number)
    let version = Self.bytes(.version, FakeServer.version, .command)
    try #require(send(number, version, version.count, Int32(MSG_NOSIGNAL)) == version.count)
    Self.flood(number, with: Self.bytes(.deviceGetInfo, [UInt8](repeating: 16, count: 16), flags))
    // Until it is in the midst of it.
    usleep(200_000)
    let start = ContinuousClock.now
    server.stop()
    #expect(ended.wait(timeout: .now() + 20) == .success)
    #expect(start.duration(to: .now) < .seconds(5))
    #expect(access(path, F_OK) != 0)
    withExtendedLifetime(client) {}
  }
}
