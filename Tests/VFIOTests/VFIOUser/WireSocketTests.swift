import CVFIO
import Glibc
import Testing

@testable import VFIO

@Suite("A vfio-user socket", .serialized)
struct WireSocketTests {
  private let ours: WireSocket
  /// The other end, as a plain descriptor.
  private let theirs: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    #expect(socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0)
    ours = WireSocket(FileDescriptor(owning: ends[0]))
    theirs = ends[1]
  }

  private var soon: ContinuousClock.Instant { .now + .milliseconds(20) }
  private var later: ContinuousClock.Instant { .now + .seconds(20) }
  private let four: [UInt8] = [1, 2, 3, 4]
  private let nothing: [UInt8] = []
  private let header = WireHeader(id: 3, command: 9, payload: 4, flags: .command)

  private func receive(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = recv(theirs, &bytes, count, 0)
    return Array(bytes.prefix(max(0, got)))
  }

  private func payload(_ count: Int, until deadline: ContinuousClock.Instant) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try ours.receive(into: &raw, until: deadline)
    return bytes
  }

  @Test("sends header and payload in one piece")
  func sendsWhole() throws {
    defer { close(theirs) }
    try ours.send(header, four.span.bytes, until: later)
    // One call gets it all, as servers that read it with one call need it.
    #expect(receive(100) == [3, 0, 9, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
  }

  @Test("receives a header that comes in two pieces")
  func receivesPieces() throws {
    defer { close(theirs) }
    let bytes = [UInt8].bytes(of: header.raw)
    #expect(send(theirs, Array(bytes.prefix(7)), 7, 0) == 7)
    #expect(send(theirs, Array(bytes.dropFirst(7)), 9, 0) == 9)
    #expect(try ours.receiveHeader(until: later).header == header)
  }

  @Test("gives up at the deadline on a header that stays cut")
  func cutHeader() throws {
    defer { close(theirs) }
    #expect(send(theirs, [1, 2, 3], 3, 0) == 3)
    #expect(throws: WireError.timedOut) { try ours.receiveHeader(until: soon) }
  }

  @Test("passes descriptors with the message they belong to")
  func passesDescriptors() throws {
    let other = WireSocket(FileDescriptor(owning: theirs))
    let pipe = try Pipe()
    try ours.send(header, four.span.bytes, descriptors: [pipe.writing], until: later)
    try ours.send(WireHeader(id: 4, command: 9, payload: 0, flags: .command), nothing.span.bytes, until: later)
    pipe.closeWriting()
    do {
      let (first, descriptors) = try other.receiveHeader(until: later)
      #expect(first == header)
      #expect(descriptors.count == 1)
      // The one that was passed holds the pipe open.
      #expect(!pipe.isClosed)
      var payload = [UInt8](repeating: 0, count: 4)
      var span = payload.mutableSpan
      var raw = span.mutableBytes
      try other.receive(into: &raw, until: later)
      #expect(payload == four)
      let (second, none) = try other.receiveHeader(until: later)
      #expect(second.id == 4)
      #expect(none.isEmpty)
    }
    #expect(pipe.isClosed)
  }

  @Test("does not keep descriptors that come in the middle of a payload")
  func dropsStrayDescriptors() throws {
    defer { close(theirs) }
    let pipe = try Pipe()
    var byte: UInt8 = 5
    #expect(
      withUnsafeMutableBytes(of: &byte) { bytes in
        var part = iovec(iov_base: bytes.baseAddress, iov_len: 1)
        return cu_send(theirs, &part, 1, [pipe.writing], 1)
      } == 1)
    pipe.closeWriting()
    #expect(!pipe.isClosed)
    #expect(try payload(1, until: later) == [5])
    #expect(pipe.isClosed)
  }

  @Test("says that the other side is gone")
  func closed() throws {
    close(theirs)
    #expect(throws: WireError.closed) { try ours.receiveHeader(until: later) }
    #expect(throws: WireError.closed) { try ours.send(header, four.span.bytes, until: later) }
  }

  @Test("gives up at the deadline, also when the other side takes nothing")
  func deadlines() throws {
    defer { close(theirs) }
    #expect(throws: WireError.timedOut) { try ours.receiveHeader(until: soon) }
    let much = [UInt8](repeating: 0, count: 16 << 20)
    let large = WireHeader(id: 1, command: 18, payload: much.count, flags: .command)
    #expect(throws: WireError.timedOut) { try ours.send(large, much.span.bytes, until: soon) }
  }

  @Test(
    "refuses a path that no socket can have, one that is missing, and one that is a file",
    arguments: [
      (String(repeating: "x", count: 108), Errno(rawValue: ENAMETOOLONG)), ("/nowhere/to/be/found", .ENOENT),
      ("/etc/hostname", Errno(rawValue: ECONNREFUSED)),
    ])
  func badPaths(path: String, errno: Errno) {
    defer { close(theirs) }
    #expect(throws: WireError.system(errno)) { try WireSocket.connect(to: path, until: soon) }
  }
}

/// A pipe tells whether its writing end is still held by anybody.
private final class Pipe {
  private let reading: Int32
  private(set) var writing: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      // Programs that other tests start meanwhile must not hold it open.
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    close(reading)
    if writing >= 0 { close(writing) }
  }

  func closeWriting() {
    close(writing)
    writing = -1
  }

  var isClosed: Bool {
    var byte: UInt8 = 0
    return read(reading, &byte, 1) == 0
  }
}
