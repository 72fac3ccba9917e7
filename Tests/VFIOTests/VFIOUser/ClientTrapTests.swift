import CVFIO
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// What servers were seen to do, and must not bring the client down.
@Suite("A vfio-user client and servers that misbehave")
struct ClientTrapTests {
  private func open(_ server: FakeServer, timeout: Duration = .seconds(20)) throws -> any Device {
    var options = VFIOUserOptions()
    options.timeout = timeout
    return try VFIOUserDevice.open(server.path, options: options, recorder: Recording())
  }

  private func reason(_ call: () throws -> some Any) -> DeviceError.Reason? {
    (#expect(throws: DeviceError.self) { _ = try call() })?.reason
  }

  private func setState(_ state: V2State, _ device: any Device) throws -> Int32 {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    return data.number(at: 4) ?? -1
  }

  @Test("a data fd of 0 is no descriptor: standard input stays open")
  func dataFDZero() throws {
    let server = try FakeServer()
    defer { server.stop() }
    let device = try open(server)
    #expect(try device.get(.migDeviceState, count: 8).number(UInt32.self, at: 4) == 0)
    let number = try setState(.stopCopy, device)
    #expect(number > 1 << 20)
    device.stream(taking: number).close()
    device.stream(taking: 0).close()
    #expect(fcntl(0, F_GETFD) >= 0)
  }

  @Test("a session goes on from pre-copy to stop-copy, and a state without one opens none")
  func sessions() throws {
    let server = try FakeServer()
    defer { server.stop() }
    let device = try open(server)
    #expect(try setState(.preCopy, device) > 0)
    #expect(try setState(.stopCopy, device) == -1)
    #expect(try setState(.stop, device) == -1)
    #expect(try setState(.resuming, device) > 0)
    try device.reset()
    #expect(try setState(.resuming, device) > 0)
  }

  @Test("an error without a number loses a server's place: it is called anew, and has no features")
  func errorWithoutNumber() throws {
    let server = try FakeServer { _, command, _ in command == .deviceFeature ? .error(0) : nil }
    defer { server.stop() }
    let device = try open(server)
    #expect(reason { try device.get(.migration, count: 8) } == .refused(.ENOTTY))
    #expect(reason { try device.get(.migration, count: 8) } == .refused(.ENOTTY))
    #expect(server.commands.count { $0 == .version } == 2)
    #expect(server.commands.count { $0 == .deviceFeature } == 1)
    try device.reset()
  }

  @Test("what was asked ahead of a running device that had no more does not end the data of the stopped one")
  func askedAhead() throws {
    // The device has 300 bytes while it runs, and 50 more once it has stopped.
    let left = Mutex((running: 300, stopped: 50, isStopped: false))
    let server = try FakeServer { _, command, payload in
      if command == .deviceFeature, payload.number(UInt32.self, at: 8) == V2State.stopCopy.rawValue {
        left.withLock { $0.isStopped = true }
      }
      guard command == .migDataRead else { return nil }
      let asked = Int(payload.number(UInt32.self, at: 4) ?? 0)
      let count = left.withLock { left in
        let count = min(asked, left.isStopped ? left.running + left.stopped : left.running)
        left.running -= min(count, left.running)
        if left.isStopped { left.stopped = 0 }
        return count
      }
      return .reply(FakeServer.words(UInt32(8 + count), UInt32(count)) + [UInt8](repeating: 7, count: count))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.preCopy, device))
    #expect(try read(stream, 100).count == 100)
    _ = try setState(.stopCopy, device)
    var count = 100
    while case let more = try read(stream, 100).count, more > 0 { count += more }
    #expect(count == 350)
  }

  @Test("what was asked ahead is handed out before a running device is stopped, and no more is asked")
  func askedNoMore() throws {
    // Full replies first, then none, then a short one.
    let lengths = Mutex([100, 100, 100, 0, 40] as [Int])
    let server = try FakeServer { _, command, _ in
      guard command == .migDataRead else { return nil }
      let count = lengths.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
      return .reply(FakeServer.words(UInt32(8 + count), UInt32(count)) + [UInt8](repeating: 7, count: count))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.preCopy, device))
    #expect(!stream.askNoMore())
    var got = [try read(stream, 100).count]
    while stream.askNoMore() { got.append(try read(stream, 100).count) }
    #expect(got == [100, 100, 100, 40])
    #expect(server.commands.count { $0 == .migDataRead } == 5)
    // Who reads on all the same is told what the short reply meant, and then asks for more.
    #expect(try read(stream, 100).isEmpty)
    #expect(server.commands.count { $0 == .migDataRead } == 5)
    #expect(try read(stream, 100).isEmpty)
    #expect(server.commands.count { $0 == .migDataRead } == 6)
  }

  @Test("a reply that fails does not end what was asked ahead")
  func askedNoMoreAndRefused() throws {
    let answers = Mutex<[FakeServer.Answer]>(
      [11, 0, 0].map { number in
        number > 0 ? .error(number) : .reply(FakeServer.words(108, 100) + [UInt8](repeating: 7, count: 100))
      })
    let server = try FakeServer { _, command, _ in
      guard command == .migDataRead else { return nil }
      return answers.withLock { $0.popLast() } ?? .reply(FakeServer.words(8, 0))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.preCopy, device))
    #expect(try read(stream, 100).count == 100)
    #expect(stream.askNoMore())
    #expect(try read(stream, 100).count == 100)
    #expect(stream.askNoMore())
    #expect(reason { try read(stream, 100) } == .refused(.EAGAIN))
    #expect(stream.askNoMore())
    #expect(try read(stream, 100).isEmpty)
    #expect(!stream.askNoMore())
    #expect(server.commands.count { $0 == .migDataRead } == 5)
  }

  @Test("what was asked ahead and is not read before the device is stopped is no end of its data")
  func askedNoMoreInVain() throws {
    let lengths = Mutex([100, 100, 0, 0, 0, 60] as [Int])
    let server = try FakeServer { _, command, _ in
      guard command == .migDataRead else { return nil }
      let count = lengths.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
      return .reply(FakeServer.words(UInt32(8 + count), UInt32(count)) + [UInt8](repeating: 7, count: count))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.preCopy, device))
    #expect(try read(stream, 100).count == 100)
    #expect(stream.askNoMore())
    _ = try setState(.stopCopy, device)
    #expect(try [0, 1, 2].map { _ in try read(stream, 100).count } == [100, 60, 0])
  }

  @Test("a reply that is longer than its data brings only its data")
  func paddedData() throws {
    let server = try FakeServer { _, command, payload in
      guard command == .migDataRead else { return nil }
      let asked = Int(payload.number(UInt32.self, at: 4) ?? 0)
      return .reply(FakeServer.words(16, 3) + [7, 8, 9] + [UInt8](repeating: 0, count: asked - 3))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.stopCopy, device))
    #expect(try read(stream, 1000) == [7, 8, 9])
  }

  @Test("data that say more than came, or more than was asked for, are refused", arguments: [5, 2000] as [UInt32])
  func lyingData(said: UInt32) throws {
    let server = try FakeServer { _, command, _ in
      command == .migDataRead
        ? .reply(FakeServer.words(8, said) + [UInt8](repeating: 1, count: said == 5 ? 4 : 2000)) : nil
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.stopCopy, device))
    guard case .malformed = reason({ try read(stream, 1000) }) else {
      Issue.record("it was taken")
      return
    }
  }

  @Test("reads that were asked for ahead come in order, whatever else is asked meanwhile")
  func readsAhead() throws {
    let next = Atomic<UInt8>(0)
    let server = try FakeServer { _, command, payload in
      guard command == .migDataRead else { return nil }
      let number = next.add(1, ordering: .relaxed).newValue
      let asked = Int(payload.number(UInt32.self, at: 4) ?? 0)
      guard number <= 9 else { return .reply(FakeServer.words(8, 0)) }
      return .reply(FakeServer.words(8, UInt32(asked)) + [UInt8](repeating: number, count: asked))
    }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.preCopy, device))
    var got: [UInt8] = []
    for round in 0..<20 {
      got += try read(stream, 100)
      // In the middle, with replies on their way.
      if round == 3 { _ = try setState(.stopCopy, device) }
    }
    #expect(got == (1...9).flatMap { [UInt8](repeating: $0, count: 100) })
  }

  @Test("what could not be written is told before the state is changed")
  func writeFailure() throws {
    let server = try FakeServer { _, command, _ in command == .migDataWrite ? .error(5) : nil }
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.resuming, device))
    let changes = server.commands.count { $0 == .deviceFeature }
    let bytes = [UInt8](repeating: 1, count: 10)
    #expect(try stream.write(bytes.span.bytes) == 10)
    #expect(reason { try setState(.running, device) } == .refused(.EIO))
    #expect(server.commands.count { $0 == .deviceFeature } == changes)
  }

  @Test("large data leave in pieces that a server takes with one read")
  func pieces() throws {
    let server = try FakeServer()
    defer { server.stop() }
    let device = try open(server)
    let stream = device.stream(taking: try setState(.resuming, device))
    let bytes = [UInt8](repeating: 1, count: 1 << 20)
    var done = 0
    while done < bytes.count { done += try stream.write(bytes.span.bytes.extracting(done..<bytes.count)) }
    _ = try setState(.running, device)
    #expect(server.commands.count { $0 == .migDataWrite } == 32)
    #expect(server.complaints.withLock { $0 } == [])
  }

  @Test(
    "a server that hangs up, hangs, or answers nonsense is told as lost, now and later",
    arguments: [
      ("hangs up", FakeServer.Answer.hangUp, WireError?.some(.closed)),
      ("hangs", .nothing, .timedOut),
      ("answers another message", .bytes(FakeServer.header(id: 77, size: 16)), nil),
      ("says a size less than a header", .bytes(FakeServer.header(id: 0, size: 3)), nil),
      ("says a size beyond all bounds", .bytes(FakeServer.header(id: 0, size: 0xffff_fff0)), nil),
    ])
  func lost(what: String, answer: FakeServer.Answer, expected: WireError?) throws {
    let server = try FakeServer { _, command, _ in command == .deviceReset ? answer : nil }
    defer { server.stop() }
    let device = try open(server, timeout: .milliseconds(300))
    let first = reason { try device.reset() }
    guard case .lost(let error) = first else {
      Issue.record("\(what): \(String(describing: first))")
      return
    }
    if let expected { #expect(error == expected) }
    #expect(reason { try device.get(.migration, count: 8) } == first)
  }

  @Test("what the device says of itself is asked before any state is changed, and never again")
  func infoComesFirst() throws {
    let server = try FakeServer()
    defer { server.stop() }
    let device = try open(server)
    let asked = server.commands.count
    #expect(try device.regions().count == 2)
    #expect(try device.info().regionCount == 2)
    #expect(server.commands.count == asked)
  }

  @Test("a server's own commands are answered from the memory it was given, between a command and its reply")
  func serverCommands() throws {
    let replies = Mutex<[(UInt32, [UInt8])]>([])
    let server = try FakeServer { server, command, _ in
      guard command == .deviceReset else { return nil }
      for (command, iova, data) in [(12, 0x1002, [5, 6]), (11, 0x1001, []), (11, 0x1fff, []), (12, 0x0, [1])]
        as [(UInt16, UInt64, [UInt8])]
      {
        let count = data.isEmpty ? 3 : UInt64(data.count)
        let payload = [UInt8](number: iova) + [UInt8](number: count) + data
        let header = WireHeader(id: 900, command: command, payload: payload.count, flags: .command)
        server.send([UInt8].bytes(of: header.raw) + payload)
        if let (header, payload) = server.receive() { replies.withLock { $0.append((header.errorNumber, payload)) } }
      }
      return .reply()
    }
    defer { server.stop() }
    let device = try open(server)
    let memory = try #require(SharedMemory(count: 4096))
    let space = try device.addressSpace()
    defer { withExtendedLifetime(space) {} }
    try space.map(memory, at: 0x1000)
    try device.reset()
    let got = replies.withLock { $0 }
    #expect(got.map(\.0) == [0, 0, 22, 22])
    #expect(got[1].1.suffix(3) == [0, 5, 6])
    #expect(memory.withBytes { $0.withUnsafeBytes { Array($0.prefix(5)) } } == [0, 0, 5, 6, 0])
  }

  @Test("a server may have a socket of its own for its commands")
  func twinSocket() throws {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    let (theirs, passed) = (ends[0], ends[1])
    let server = try FakeServer { _, command, _ in
      guard command == .version else { return nil }
      var capabilities = WireVersion.Capabilities()
      capabilities.twinSocket = .init(supported: true, index: 0)
      return .reply(WireVersion(minor: 2, capabilities: capabilities).payload, descriptors: [passed])
    }
    defer {
      server.stop()
      close(theirs)
    }
    let device = try open(server)
    close(passed)
    let memory = try #require(SharedMemory(count: 4096))
    let space = try device.addressSpace()
    defer { withExtendedLifetime(space) {} }
    try space.map(memory, at: 0)
    let payload = [UInt8](number: UInt64(8)) + [UInt8](number: UInt64(1)) + [42]
    let message = [UInt8].bytes(of: WireHeader(id: 1, command: 12, payload: 17, flags: .command).raw) + payload
    #expect(send(theirs, message, message.count, 0) == message.count)
    var reply = [UInt8](repeating: 0, count: 32)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(theirs, SOL_SOCKET, SO_RCVTIMEO, &patience, UInt32(MemoryLayout<timeval>.size))
    #expect(recv(theirs, &reply, 32, Int32(MSG_WAITALL)) == 32)
    #expect(reply.number(UInt32.self, at: 8) == 1)
    #expect(memory.withBytes { $0.withUnsafeBytes { $0[8] } } == 42)
  }

  private func read(_ stream: any DataStream, _ count: Int) throws -> [UInt8] {
    var buffer = ChunkBuffer()
    let got = try buffer.fill(0..<count) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    return buffer.hand(got) { bytes in bytes.withUnsafeBytes(Array.init) }
  }
}

extension FakeServer {
  fileprivate static func header(id: UInt16, size: UInt32) -> [UInt8] {
    var header = WireHeader(id: id, command: 13, payload: 0, flags: .reply)
    header.messageSize = size
    return [UInt8].bytes(of: header.raw)
  }
}

extension FakeServer.Answer: CustomTestStringConvertible {
  var testDescription: String { "an answer" }
}
