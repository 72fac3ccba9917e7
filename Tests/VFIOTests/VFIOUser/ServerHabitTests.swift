import CVFIO
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// What servers were seen to do that a client has to know.
@Suite("A vfio-user client and the habits of servers")
struct ServerHabitTests {
  private func open(_ server: FakeServer, timeout: Duration = .seconds(20)) throws -> any Device {
    var options = VFIOUserOptions()
    options.timeout = timeout
    return try VFIOUserDevice.open(server.path, options: options, recorder: Recording())
  }

  private func reason(_ call: () throws -> some Any) -> DeviceError.Reason? {
    (#expect(throws: DeviceError.self) { _ = try call() })?.reason
  }

  private static func version(_ text: String) -> [UInt8] { [0, 0, 2, 0] + Array(text.utf8) + [0] }

  // MARK: VERSION

  @Test(
    "a VERSION reply may say little, or have blanks",
    arguments: [
      [0, 0, 0, 0], version("{}"), version("{ \"capabilities\": { \"max_msg_fds\": 1 } }"),
      version("{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":4096}}}"),
    ])
  func versions(reply: [UInt8]) throws {
    let server = try FakeServer { _, command, _ in command == .version ? .reply(reply) : nil }
    defer { server.stop() }
    #expect(try open(server).info().regionCount == 2)
  }

  @Test(
    "a server that does not agree is one clear error",
    arguments: [
      (FakeServer.Answer.error(22), "EINVAL"), (.error(0), "refuses to agree"), (.hangUp, "closed the socket"),
      (.nothing, "no answer in time"), (.reply([0]), "too short"), (.reply([1, 0, 0, 0]), "version 1.0"),
      (.reply(version("{\"capabilities\":{\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}")), "second socket"),
      (.reply(version("{\"capabilities\":{\"twin_socket\":{\"supported\":true}}}")), "second socket"),
      (.reply(version("{\"capabilities\":7}")), "no JSON"),
    ])
  func disagreement(answer: FakeServer.Answer, words: String) throws {
    let server = try FakeServer { _, command, _ in command == .version ? answer : nil }
    defer { server.stop() }
    let failure = reason { try open(server, timeout: .milliseconds(300)) }
    #expect(failure.map { "\($0)".contains(words) } == true, "\(String(describing: failure))")
  }

  // MARK: what the device says of itself

  @Test("capabilities are asked for with the room that the first answer names, and their descriptor can be mapped")
  func twoSteps() throws {
    let memory = try #require(SharedMemory(count: 4096, at: 4096))
    let asked = Mutex<[UInt32]>([])
    let number = memory.descriptor
    let server = try FakeServer { _, command, payload in
      guard command == .deviceGetRegionInfo, payload.number(at: 8) == UInt32(1) else { return nil }
      let argsz: UInt32 = payload.number(at: 0) ?? 0
      asked.withLock { $0.append(argsz) }
      let isWhole = argsz >= 64
      let head = FakeServer.words(64, isWhole ? 15 : 7, 1, isWhole ? 32 : 0)
      let sizes = [UInt8](number: UInt64(8192)) + [UInt8](number: UInt64(0))
      guard isWhole else { return .reply(head + sizes) }
      let area = [UInt8](number: UInt64(4096)) + [UInt8](number: UInt64(4096))
      return .reply(
        head + sizes + [UInt8](number: UInt16(1)) + [UInt8](number: UInt16(1)) + FakeServer.words(0, 1, 0) + area,
        descriptors: [number])
    }
    defer { server.stop() }
    let device = try open(server)
    #expect(asked.withLock { $0 } == [32, 64])
    let region = try device.region(1)
    #expect(region.capabilities == [.sparseMap([.init(offset: 4096, size: 4096)])])
    let window = try device.map(region, offset: 4096, count: 4096)
    try window.put([1, 2, 3], at: 8)
    #expect(memory.withBytes { $0.withUnsafeBytes { Array($0[8..<11]) } } == [1, 2, 3])
    #expect(reason { try device.map(region, offset: 0, count: 4096) } != nil)
  }

  @Test("a region that would need gigabytes to be described is an error", arguments: [1 << 20, .max] as [UInt32])
  func endlessCapabilities(needed: UInt32) throws {
    let server = try FakeServer { _, command, _ in
      command == .deviceGetRegionInfo
        ? .reply(FakeServer.words(needed, 15, 0, 32) + [UInt8](repeating: 0, count: 16)) : nil
    }
    defer { server.stop() }
    #expect(reason { try open(server) } == .malformed("the answer would be \(needed) bytes long"))
  }

  @Test("two answers that come back to back keep their own descriptors")
  func backToBack() throws {
    let files = try (0..<2).map { _ in try #require(SharedMemory(count: 4096)) }
    for (number, file) in files.enumerated() {
      file.withMutableBytes { $0.storeBytes(of: UInt8(number + 1), as: UInt8.self) }
    }
    let numbers = files.map(\.descriptor)
    let server = try FakeServer { _, command, payload in
      guard command == .deviceGetRegionInfo, let index: UInt32 = payload.number(at: 8) else { return nil }
      let sizes = [UInt8](number: UInt64(4096)) + [UInt8](number: UInt64(0))
      return .reply(FakeServer.words(32, 7, index, 0) + sizes, descriptors: [numbers[Int(index)]])
    }
    defer { server.stop() }
    let device = try open(server)
    for index in 0..<2 as Range<UInt32> {
      let window = try device.map(try device.region(index), offset: 0, count: 4096)
      #expect(try window.bytes(from: 0, count: 1) == [UInt8(index + 1)])
    }
  }

  // MARK: regions

  @Test("large writes to a region leave in pieces that a server takes with one read, and a chunk of v1 in one")
  func writtenInPieces() throws {
    let written = Mutex<[UInt32]>([])
    let server = try FakeServer { _, command, payload in
      guard command == .regionWrite else { return nil }
      written.withLock { $0.append(payload.number(at: 12) ?? 0) }
      return .reply(Array(payload.prefix(16)))
    }
    defer { server.stop() }
    let device = try open(server)
    let region = try device.region(0)
    // libvfio-user's sample takes its 0x3008 bytes with one message or not at all.
    for count in [0x3008, 32 << 10, 100_000] {
      let bytes = [UInt8](repeating: 1, count: count)
      var done = 0
      while done < count {
        done += try device.write(region, at: UInt64(done), from: bytes.span.bytes.extracting(done..<count))
      }
    }
    #expect(written.withLock { $0 } == [0x3008, 32 << 10, 32 << 10, 32 << 10, 32 << 10, 1696])
    #expect(server.complaints.withLock { $0 } == [])
  }

  @Test("a chunk of v1 is read with one message")
  func readAtOnce() throws {
    let read = Mutex<[UInt32]>([])
    let server = try FakeServer { _, command, payload in
      guard command == .regionRead, let count: UInt32 = payload.number(at: 12) else { return nil }
      read.withLock { $0.append(count) }
      return .reply(Array(payload.prefix(16)) + [UInt8](repeating: 3, count: Int(count)))
    }
    defer { server.stop() }
    let device = try open(server)
    #expect(try device.bytes(in: device.region(0), at: 0, count: 0x3008).count == 0x3008)
    #expect(try device.bytes(in: device.region(0), at: 0, count: 1 << 20).count == 1 << 20)
    #expect(read.withLock { $0 } == [0x3008, 1 << 20])
  }

  @Test("a reply without the access and its data is an error", arguments: [0, 8, 16, 18])
  func emptyRead(bytes: Int) throws {
    let server = try FakeServer { _, command, payload in
      command == .regionRead ? .reply(Array((payload + [1, 2, 3]).prefix(bytes))) : nil
    }
    defer { server.stop() }
    let device = try open(server)
    #expect(reason { try device.bytes(in: device.region(0), at: 0, count: 4) } != nil)
    // It was a reply: the conversation goes on.
    try device.reset()
  }

  // MARK: features and data

  @Test("a server that refuses DEVICE_FEATURE with a number goes on, and is not called anew")
  func unknownFeature() throws {
    let server = try FakeServer { _, command, _ in command == .deviceFeature ? .error(22) : nil }
    defer { server.stop() }
    let device = try open(server)
    #expect(reason { try device.get(.migration, count: 8) } == .refused(.EINVAL))
    try device.reset()
    #expect(server.commands.count { $0 == .version } == 1)
  }

  @Test("a stray error reply after one without a number is left behind with the old connection")
  func strayReply() throws {
    let server = try FakeServer { _, command, payload in
      guard command == .deviceFeature else { return nil }
      let first = WireHeader(id: 5, command: 16, payload: 0, flags: .errorReply)
      // The payload was not taken, and is answered as if it were a message.
      let stray = WireHeader(id: payload.number(at: 0) ?? 0, command: 0, payload: 0, flags: .errorReply)
      return .bytes([UInt8].bytes(of: first.raw) + [UInt8].bytes(of: stray.raw))
    }
    defer { server.stop() }
    let device = try open(server)
    let before = server.commands
    // What its id is follows from what was asked before.
    #expect(before == [.version, .deviceGetInfo, .deviceGetRegionInfo, .deviceGetRegionInfo])
    #expect(reason { try device.get(.migration, count: 8) } == .refused(.ENOTTY))
    try device.reset()
  }

  @Test("never more is asked for than was said in VERSION, and the padding of the last reply is no data")
  func lastReply() throws {
    let said = Mutex<Int?>(nil)
    let asked = Mutex<[UInt32]>([])
    let server = try FakeServer { _, command, payload in
      if command == .version {
        said.withLock { $0 = (try? WireVersion(payload: payload))?.capabilities.maxDataXferSize }
        return nil
      }
      guard command == .migDataRead, let size: UInt32 = payload.number(at: 4) else { return nil }
      let isFirst = asked.withLock { asked in
        asked.append(size)
        return asked.count == 1
      }
      let count = isFirst ? size : 0
      return .reply(FakeServer.words(8 + count, count) + [UInt8](repeating: 0, count: Int(size)))
    }
    defer { server.stop() }
    let device = try open(server)
    var data = [UInt8](number: V2State.stopCopy.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: data.number(at: 4) ?? -1)
    var buffer = ChunkBuffer()
    let counts = try (0..<3).map { _ in
      try buffer.fill(0..<4 << 20) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    }
    #expect(counts == [1 << 20, 0, 0])
    let limit = try #require(said.withLock { $0 })
    #expect(asked.withLock { $0.allSatisfy { $0 <= limit } })
  }

  // MARK: memory

  @Test("memory that the server refuses is not given by message either")
  func refusedMemory() throws {
    let replies = Mutex<[UInt32]>([])
    let server = try FakeServer { server, command, _ in
      if command == .dmaMap { return .error(22) }
      guard command == .deviceReset else { return nil }
      let payload = [UInt8](number: UInt64(0)) + [UInt8](number: UInt64(1))
      let header = WireHeader(id: 9, command: 11, payload: payload.count, flags: .command)
      server.send([UInt8].bytes(of: header.raw) + payload)
      if let (header, _) = server.receive() { replies.withLock { $0.append(header.errorNumber) } }
      return .reply()
    }
    defer { server.stop() }
    let device = try open(server)
    let memory = try #require(SharedMemory(count: 4096))
    let space = try device.addressSpace()
    #expect(reason { try space.map(memory, at: 0) } == .refused(.EINVAL))
    try device.reset()
    #expect(replies.withLock { $0 } == [22])
  }

  @Test("a bitmap of DIRTY_PAGES stands at 40; one that is cut is an error")
  func dirtyBitmap() throws {
    let cuts = Atomic(false)
    let server = try FakeServer { _, command, payload in
      guard command == .dirtyPages, payload.number(at: 4) == UInt32(4) else { return nil }
      // Where there is no room, the answer is no error, but too short.
      if cuts.load(ordering: .relaxed) { return .reply(FakeServer.words(48, 4)) }
      return payload.count == 40 ? .reply(payload + [UInt8](number: UInt64(0b101))) : .error(22)
    }
    defer { server.stop() }
    let space = try open(server).addressSpace()
    var bitmap = DirtyBitmap(DMARange(iova: 0, length: 4 << 12), pageSize: 4096)
    try space.readLog(into: &bitmap)
    #expect(bitmap.words == [0b101])
    cuts.store(true, ordering: .relaxed)
    #expect(reason { try space.readLog(into: &bitmap) } != nil)
  }
}
