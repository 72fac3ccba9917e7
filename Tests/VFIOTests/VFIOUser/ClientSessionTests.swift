import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// What a client knows of its data session when the server refuses something in the middle of it.
@Suite("A vfio-user client's data session and refusals")
struct ClientSessionTests {
  /// How often something has happened.
  private final class Count: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }

    /// Once more.
    ///
    /// - Returns: how often that is now.
    func next() -> Int {
      number.withLock { number in
        number += 1
        return number
      }
    }
  }

  private func open(_ server: FakeServer) throws -> any Device {
    try VFIOUserDevice.open(server.path, recorder: Recording())
  }

  private func reason(_ call: () throws -> some Any) -> DeviceError.Reason? {
    do {
      _ = try call()
      return nil
    } catch {
      return (error as? DeviceError)?.reason
    }
  }

  /// Asks for the state.
  ///
  /// - Returns: what stands for the data session that was opened, or -1.
  @discardableResult
  private func set(_ state: V2State, _ device: any Device) throws -> Int32? {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    return data.number(at: 4)
  }

  /// A client that has begun to load the server's device.
  private func load(_ server: FakeServer) throws -> (device: any Device, stream: any DataStream) {
    let device = try open(server)
    return (device, device.stream(taking: try #require(try set(.resuming, device))))
  }

  private func write(_ stream: any DataStream) throws -> Int {
    let bytes = [UInt8](repeating: 7, count: 16)
    return try stream.write(bytes.span.bytes)
  }

  /// A server that refuses the second write with this number, and counts them.
  private func server(refusing number: Int32, _ count: Count) throws -> FakeServer {
    try FakeServer { _, command, payload in
      guard command == .migDataWrite else { return nil }
      return count.next() == 2 ? .error(UInt32(number)) : .reply(Array(payload.prefix(8)))
    }
  }

  @Test(
    "a write that was not waited for and was interrupted is not taken for the one that is told", arguments: [4, 11])
  func interruptedWrite(number: Int32) throws {
    let count = Count()
    let server = try server(refusing: number, count)
    defer { server.stop() }
    let (_, stream) = try load(server)
    // Whoever is told one of these numbers makes the same write again.
    var failure: DeviceError.Reason?
    for _ in 0..<10 where failure == nil { failure = reason { try write(stream) } }
    #expect("\(try #require(failure))".hasPrefix("an earlier write ended with E"))
    #expect(failure?.errno == nil)
    let written = count.value
    #expect(reason { try write(stream) } == failure)
    #expect(count.value == written)
  }

  @Test("what became of a write is told instead of a change of the state, once")
  func lateRefusal() throws {
    let count = Count()
    let server = try server(refusing: 5, count)
    defer { server.stop() }
    let (device, stream) = try load(server)
    for _ in 0..<3 { #expect(try write(stream) == 16) }
    #expect(reason { try set(.stop, device) } == .refused(.EIO))
    // The bytes are missing: more of them would only stand in the wrong place.
    #expect(reason { try write(stream) } == .refused(.EIO))
    #expect(count.value == 3)
    #expect(try set(.stop, device) == -1)
  }

  @Test("what became of the last writes is told when they are waited for")
  func flush() throws {
    let count = Count()
    let server = try server(refusing: 5, count)
    defer { server.stop() }
    let (device, stream) = try load(server)
    for _ in 0..<3 { #expect(try write(stream) == 16) }
    let failure = #expect(throws: DeviceError.self) { try stream.flush() }
    #expect(failure == DeviceError(.streamWrite(count: 16), .EIO))
    try stream.flush()
    #expect(try set(.stop, device) == -1)
  }

  @Test("a server that has answered a feature is not taken for one that knows none when it refuses another")
  func unexplainedRefusal() throws {
    let server = try FakeServer { _, command, payload in
      guard command == .deviceFeature, let word: UInt32 = payload.number(at: 4) else { return nil }
      return FeatureFlags(rawValue: word).index == FeatureNumber.migDataSize.rawValue ? .error(0) : nil
    }
    defer { server.stop() }
    let device = try open(server)
    #expect(try device.get(.migration, count: 8).number(at: 0) == UInt64(5))
    #expect(reason { try device.get(.migDataSize, count: 8) } == .unexplained)
    // So a device can be opened whose server says no more of what it does not know.
    #expect(try !device.offers(.get, .migDataSize))
    #expect(try device.get(.migration, count: 8).number(at: 0) == UInt64(5))
    #expect(server.commands.count { $0 == .version } == 1)
  }

  @Test("a session that a failed change has ended is not taken for the next one")
  func sessionEndedHalfWay() throws {
    let count = Count()
    let server = try FakeServer { _, command, payload in
      guard command == .deviceFeature, let word: UInt32 = payload.number(at: 4),
        FeatureFlags(rawValue: word).contains(.set), payload.number(at: 8) == V2State.stopCopy.rawValue
      else { return nil }
      return count.next() == 1 ? .error(5) : nil
    }
    defer { server.stop() }
    let device = try open(server)
    #expect(try #require(try set(.preCopy, device)) >= 0)
    #expect(reason { try set(.stopCopy, device) } == .refused(.EIO))
    // It says that it runs, without a session.
    #expect(try device.get(.migDeviceState, count: 8).number(at: 0) == V2State.running.rawValue)
    #expect(try #require(try set(.stopCopy, device)) >= 0)
  }
}
