import Glibc

/// The test's end of what a program writes.
final class Receiver {
  private var descriptor: Int32
  private var received: [UInt8] = []

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  /// A receiver, and the descriptor that writes to it. Both are closed in programs that other tests start meanwhile,
  /// which a pipe could only be afterwards: `pipe2` does not import.
  static func make() throws -> (Receiver, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw InvocationError(description: "socketpair: errno \(errno)")
    }
    return (Receiver(ends[0]), ends[1])
  }

  /// The next line, without its end.
  func line() throws -> String {
    while !received.contains(newline) {
      guard try receive() else { throw InvocationError(description: "it ended before the line did: \(text(received))") }
    }
    let line = received.prefix { $0 != newline }
    received.removeFirst(line.count + 1)
    return text(line)
  }

  /// Takes what is there by now, for later: a program that writes much would wait for a reader.
  func takeIn() throws {
    var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while descriptor >= 0, poll(&input, 1, 0) > 0, try receive() {}
  }

  /// Everything up to the end.
  func rest(patience seconds: Int32 = 10) throws -> String {
    while try receive(patience: seconds) {}
    defer { received = [] }
    return text(received)
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  private let newline = UInt8(ascii: "\n")

  private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  /// Reads once; false at the end.
  private func receive(patience seconds: Int32 = 10) throws -> Bool {
    guard descriptor >= 0 else { return false }
    var input = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, seconds * 1000) > 0 else {
      throw InvocationError(description: "nothing more came: \(text(received))")
    }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = read(descriptor, &buffer, buffer.count)
    received += buffer.prefix(max(0, count))
    return count > 0
  }
}
