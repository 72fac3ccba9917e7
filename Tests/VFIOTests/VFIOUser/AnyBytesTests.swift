import CVFIO
import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// Whatever the other side sends: an error or the end of the conversation, and nothing is left open.
@Suite("Any bytes over a vfio-user socket", .serialized)
struct AnyBytesTests {
  /// The same bytes in every run.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  private static let interesting: [UInt64] = [
    0, 1, 2, 7, 8, 15, 16, 24, 31, 32, 4095, 4096, 1 << 20, (1 << 20) + 1, 1 << 31, 0xffff_ffff, 1 << 32, 1 << 63, .max,
  ]

  /// A message that looks like one, with numbers at the edges.
  private static func message(_ numbers: inout Numbers, reply: Bool = false) -> [UInt8] {
    var payload: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<12, using: &numbers) {
      let value = Bool.random(using: &numbers) ? (interesting.randomElement(using: &numbers) ?? 0) : numbers.next() % 64
      payload +=
        Bool.random(using: &numbers) ? [UInt8](number: value) : [UInt8](number: UInt32(truncatingIfNeeded: value))
    }
    let flags: UInt32 = Int.random(in: 0..<10, using: &numbers) == 0 ? numbers.next32() : reply ? 1 : 0
    var header = WireHeader(
      id: UInt16.random(in: 0..<6, using: &numbers), command: UInt16.random(in: 0..<20, using: &numbers),
      payload: payload.count, flags: WireHeader.Flags(rawValue: flags))
    if Int.random(in: 0..<20, using: &numbers) == 0 { header.messageSize = numbers.next32() }
    return [UInt8].bytes(of: header.raw) + payload
  }

  private static let version =
    [UInt8].bytes(
      of: WireHeader(id: 1, command: 1, payload: FakeServer.version.count, flags: .command).raw) + FakeServer.version

  @Test("from a client end a conversation at worst", arguments: ServerOptions.Generation.allCases)
  func server(generation: ServerOptions.Generation) throws {
    var numbers = Numbers(state: 1)
    for round in 0..<1000 {
      var ends: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
      var options = ServerOptions()
      options.generation = generation
      let device = generation == .first ? FakeDevice.v1() : FakeDevice.v2().openingDataFD(for: .stopCopy, .resuming)
      let session = ServerSession(
        WireSocket(FileDescriptor(owning: ends[0])), ServedDevice(device), options, { _ = $0.description })
      let ended = DispatchSemaphore(value: 0)
      DispatchQueue(label: "server").async {
        _ = session.run()
        ended.signal()
      }
      var bytes = Self.version
      for _ in 0..<30 { bytes += Self.message(&numbers) }
      if round % 3 == 0 {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^= UInt8.random(in: 1...255, using: &numbers)
      }
      _ = send(ends[1], bytes, bytes.count, Int32(MSG_NOSIGNAL))
      shutdown(ends[1], Int32(SHUT_WR))
      // Whoever does not read the answers would keep the server waiting.
      var answers = [UInt8](repeating: 0, count: 1 << 16)
      while recv(ends[1], &answers, answers.count, 0) > 0 {}
      #expect(ended.wait(timeout: .now() + 20) == .success)
      close(ends[1])
    }
  }

  @Test("from a server are an error at worst")
  func client() throws {
    var numbers = Numbers(state: 2)
    for _ in 0..<400 {
      let state = Mutex(numbers)
      let asked = Atomic<Int>(0)
      let server = try FakeServer { _, command, _ in
        // The first answers are good now and then, so that it comes further.
        guard asked.add(1, ordering: .relaxed).newValue > 4 || command != .version else { return nil }
        return state.withLock { numbers in
          switch Int.random(in: 0..<6, using: &numbers) {
          case 0: .bytes(Self.message(&numbers, reply: true))
          case 1: .reply(Array(Self.message(&numbers).dropFirst(16)))
          case 2: .error(numbers.next32())
          default: nil
          }
        }
      }
      defer { server.stop() }
      var options = VFIOUserOptions()
      options.timeout = .milliseconds(50)
      if let device = try? VFIOUserDevice.open(
        server.path, options: options, recorder: Recording(), tap: { _ = $0.description })
      {
        use(device)
      }
      numbers = state.withLock { $0 }
    }
  }

  /// Everything that can be asked.
  private func use(_ device: any Device) {
    let regions = (try? device.regions()) ?? []
    for region in regions.prefix(4) { _ = try? device.bytes(in: region, at: 0, count: 8) }
    _ = try? device.get(.migration, count: 8)
    var data = [UInt8](number: V2State.stopCopy.rawValue) + [UInt8](number: Int32(-1))
    try? device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: 1)
    var buffer = ChunkBuffer()
    _ = try? buffer.fill(0..<1000) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    _ = try? stream.write(data.span.bytes)
    var bitmap = DirtyBitmap(DMARange(iova: 0, length: 1 << 20), pageSize: 4096)
    _ = try? device.startLogging([bitmap.range], pageSize: 4096)
    try? device.reportLogging(into: &bitmap)
    if let space = try? device.addressSpace(), let memory = SharedMemory(count: 4096) {
      try? space.map(memory, at: 0)
      try? space.readLog(into: &bitmap)
    }
    try? device.reset()
    stream.close()
  }
}

extension RandomNumberGenerator {
  fileprivate mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }
}
