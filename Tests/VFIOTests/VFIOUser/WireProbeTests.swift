import TestSupport
import Testing

@testable import VFIO

@Suite("Messages as they are, over a device's conversation")
struct WireProbeTests {
  private let recording = Recording()

  private func open(_ server: FakeServer) throws -> any Device {
    var options = VFIOUserOptions()
    options.timeout = .seconds(20)
    return try VFIOUserDevice.open(server.path, options: options, recorder: recording)
  }

  @Test("come back with their headers, done or refused, and are recorded")
  func exchange() throws {
    let server = try FakeServer { _, command, _ in command == .deviceReset ? .error(22) : nil }
    defer { server.stop() }
    let wire = try #require(try open(server).wire)
    let info = try wire.exchange(.deviceGetInfo, FakeServer.words(16, 0, 0, 0))
    #expect(info.header.flags.isReply)
    #expect(info.payload.count == 16)
    let refused = try wire.exchange(.deviceReset)
    #expect(refused.header.flags.isError)
    #expect(refused.header.errorNumber == 22)
    #expect(refused.header.messageSize == 16)
    #expect(
      recording.accesses.map(\.operation).suffix(2) == [
        .message(.deviceGetInfo, count: 16), .message(.deviceReset, count: 0),
      ])
  }

  @Test("need a socket")
  func none() {
    #expect(FakeDevice.v2().wire == nil)
    #expect(RecordingDevice(FakeDevice.v2(), recorder: recording).wire == nil)
  }

  @Test("know what both sides said at the beginning")
  func agreement() throws {
    let server = try FakeServer()
    defer { server.stop() }
    let agreement = try #require(try open(server).wire).agreement
    #expect(agreement.commandsBefore == 0)
    #expect((agreement.proposed.minor, agreement.agreed.minor) == (2, 2))
  }

  @Test("a server that takes less at once is asked for no more, and given no more")
  func serverLimit() throws {
    var version = WireVersion(minor: 2)
    version.capabilities.maxDataXferSize = 1000
    let said = version.payload
    let server = try FakeServer { _, command, payload in
      switch command {
      case .version: return .reply(said)
      case .regionRead:
        let count: UInt32 = payload.number(at: 12) ?? 0
        return count > 1000 ? .error(22) : .reply(payload + [UInt8](repeating: 7, count: Int(count)))
      case .regionWrite: return payload.count > 16 + 1000 ? .error(22) : .reply(Array(payload.prefix(16)))
      case .migDataRead:
        let count: UInt32 = payload.number(at: 4) ?? 0
        return count > 1000 ? .error(22) : .reply(FakeServer.words(8, 0))
      default: return nil
      }
    }
    defer { server.stop() }
    let device = try open(server)
    let region = try device.region(0)
    #expect(try device.bytes(in: region, at: 0, count: 4096) == [UInt8](repeating: 7, count: 4096))
    #expect(try device.write(region, at: 0, from: [UInt8](repeating: 1, count: 4096).span.bytes) == 4096)
    var data = [UInt8](number: V2State.stopCopy.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: data.number(at: 4) ?? -1)
    var bytes = [UInt8](repeating: 0, count: 4096)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    #expect(try stream.read(into: &raw) == 0)
  }

  @Test("a part that fails ends a large access, and is told when it is asked for again")
  func failingPart() throws {
    var version = WireVersion(minor: 2)
    version.capabilities.maxDataXferSize = 1000
    let said = version.payload
    let server = try FakeServer { _, command, payload in
      let (offset, count): (UInt64, UInt32) = (payload.number(at: 0) ?? 0, payload.number(at: 12) ?? 0)
      switch command {
      case .version: return .reply(said)
      case .regionRead where offset == 2000: return .error(5)
      case .regionRead: return .reply(payload + [UInt8](repeating: UInt8(offset / 1000), count: Int(count)))
      case .regionWrite where offset == 1000: return .error(22)
      case .regionWrite: return .reply(Array(payload.prefix(16)))
      default: return nil
      }
    }
    defer { server.stop() }
    let device = try open(server)
    let region = try device.region(0)
    let ones = [UInt8](repeating: 1, count: 1000)
    #expect(try device.bytes(in: region, at: 0, count: 4096) == [UInt8](repeating: 0, count: 1000) + ones)
    #expect(throws: DeviceError(.read(region: 0, offset: 2000, count: 2096), .EIO)) {
      try device.bytes(in: region, at: 2000, count: 2096)
    }
    #expect(try device.write(region, at: 0, from: [UInt8](repeating: 1, count: 4096).span.bytes) == 1000)
    #expect(throws: DeviceError(.write(region: 0, offset: 1000, count: 1000), .EINVAL)) {
      try device.write(region, at: 1000, from: ones.span.bytes)
    }
    // The replies to the parts behind were taken too.
    #expect(try device.bytes(in: region, at: 1000, count: 1000) == ones)
  }

  @Test("the client answers a command that comes before its reply")
  func meanwhile() {
    #expect(ClientSelfCheck.acceptsCommandsBeforeReply() == nil)
  }
}
