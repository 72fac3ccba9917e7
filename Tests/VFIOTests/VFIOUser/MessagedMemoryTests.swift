import Glibc
import TestSupport
import Testing

@testable import VFIO

/// A server that asks its client for memory, or is asked by it meanwhile.
@Suite("Memory behind a vfio-user socket")
struct MessagedMemoryTests {
  /// The client's end, which a test plays.
  private struct Client {
    let socket: WireSocket

    /// The next message; a test never waits for ever.
    func receive() throws -> ReceivedMessage {
      try socket.receiveMessage(limit: 1 << 21, until: .now + .seconds(20))
    }

    func reply(
      _ command: ReceivedMessage, _ payload: [UInt8], flags: WireHeader.Flags = .reply, id: UInt16? = nil
    ) throws {
      let header = WireHeader(
        id: id ?? command.header.id, command: command.header.command, payload: payload.count, flags: flags,
        errorNumber: flags == .reply ? 0 : 14)
      try socket.send(header, payload.span.bytes, until: .now + .seconds(20))
    }

    func ask(_ command: WireCommand, id: UInt16) throws {
      try socket.send(
        WireHeader(id: id, command: command.rawValue, payload: 0, flags: .command), [UInt8]().span.bytes,
        until: .now + .seconds(20))
    }
  }

  private func pair() throws -> (ServerChannel, Client) {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    return (
      ServerChannel(WireSocket(FileDescriptor(owning: ends[0])), nil),
      Client(socket: WireSocket(FileDescriptor(owning: ends[1])))
    )
  }

  /// Reads `count` bytes at 100 of memory at 0x1000, 10 bytes a message; nil when that fails.
  private func read(_ count: Int, _ channel: ServerChannel) throws -> [UInt8]? {
    let memory = try #require(MessagedMemory(DMARange(iova: 0x1000, length: 4096), limit: 10, channel))
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var all = span.mutableBytes
    return memory.read(into: &all, at: 100) ? bytes : nil
  }

  @Test("is read in pieces that the client takes; what the client asks meanwhile is kept, in order")
  func reads() throws {
    let (channel, client) = try pair()
    let asked = Ended<[[UInt64]]> {
      var asked: [[UInt64]] = []
      for number in 0..<3 {
        let command = try client.receive()
        try client.ask(.deviceReset, id: UInt16(700 + number))
        let address: UInt64 = command.payload.number(at: 0) ?? 0
        let count: UInt64 = command.payload.number(at: 8) ?? 0
        asked.append([UInt64(command.header.command), address, count])
        try client.reply(command, command.payload + (0..<count).map { UInt8(address - 0x1064 + $0) })
      }
      return asked
    }
    #expect(try read(25, channel) == (0..<25).map { $0 })
    #expect(try asked.value() == [[11, 0x1064, 10], [11, 0x106e, 10], [11, 0x1078, 5]])
    for id in 700..<703 as Range<UInt16> { #expect(try channel.next(while: nil).header.id == id) }
  }

  @Test("a client's refusal, and a reply without the data, is a read that failed; the conversation goes on")
  func refused() throws {
    let (channel, client) = try pair()
    let ended = Ended<Void> {
      let first = try client.receive()
      try client.reply(first, [], flags: .errorReply)
      let second = try client.receive()
      try client.reply(second, second.payload + [1, 2])
      try client.ask(.deviceReset, id: 5)
    }
    #expect(try read(5, channel) == nil)
    #expect(try read(5, channel) == nil)
    try ended.value()
    #expect(try channel.next(while: nil).header.id == 5)
  }

  @Test("a reply to something else ends the conversation, and a client that is gone is not asked again")
  func lost() throws {
    let (channel, client) = try pair()
    let ended = Ended<Void> {
      let command = try client.receive()
      try client.reply(command, command.payload, id: command.header.id &+ 1)
    }
    #expect(try read(5, channel) == nil)
    try ended.value()
    #expect(try read(5, channel) == nil)
    #expect(throws: WireError.self) { _ = try channel.next(while: nil) }
  }

  @Test("nothing is asked for beyond the memory")
  func beyond() throws {
    let (channel, client) = try pair()
    defer { withExtendedLifetime(client) {} }
    #expect(try read(4000, channel) == nil)
  }
}
