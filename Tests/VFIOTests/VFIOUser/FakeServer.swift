import CVFIO
import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// A vfio-user server that does what a test says of it. It reads as libvfio-user does: the header with one call, and the
/// payload with one call.
final class FakeServer: Sendable {
  /// What becomes of a command.
  enum Answer {
    case reply([UInt8] = [], descriptors: [Int32] = [])
    case error(UInt32)
    /// These bytes as they are.
    case bytes([UInt8])
    case nothing
    case hangUp
  }

  typealias Script = @Sendable (FakeServer, WireCommand?, [UInt8]) -> Answer?

  let path: String
  private let listener: Int32
  private let client = Mutex<Int32>(-1)
  private let seen = Mutex<[WireCommand]>([])
  /// What was wrong with a message: it did not come in one piece.
  let complaints = Mutex<[String]>([])
  private let script: Script
  private nonisolated(unsafe) let folder: Tree

  /// Answers as `script` says, and where it says nothing as a device of 2 regions that speaks v2 with flags 5.
  init(_ script: @escaping Script = { _, _, _ in nil }) throws {
    folder = try Tree()
    path = "\(folder.path)/s"
    listener = cu_listen(path, 4)
    try #require(listener >= 0)
    _ = fcntl(listener, F_SETFL, 0)
    self.script = script
    Thread.start { [self] in
      while accept() { while serve() {} }
      _ = Glibc.close(listener)
    }
  }

  /// Ends serving. Once is enough: the listener's number is another's afterwards.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    client.withLock { _ = shutdown($0, Int32(SHUT_RDWR)) }
  }

  /// The commands that came, in order.
  var commands: [WireCommand] { seen.withLock { $0 } }

  /// Sends bytes to the client, whatever it waits for.
  func send(_ bytes: [UInt8]) { _ = Glibc.send(client.withLock { $0 }, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// The same; false when the client has gone.
  func sendAll(_ bytes: [UInt8]) -> Bool {
    Glibc.send(client.withLock { $0 }, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// Reads a whole message of the client's: the reply to a command of ours.
  func receive() -> (header: WireHeader, payload: [UInt8])? {
    guard let head = take(16), let raw: cu_header = head.structure(at: 0) else { return nil }
    let header = WireHeader(raw)
    guard let size = header.payloadSize, let payload = size == 0 ? [] : take(size) else { return nil }
    return (header, payload)
  }

  private func accept() -> Bool {
    let number = cu_accept(listener)
    guard number >= 0 else { return false }
    _ = fcntl(number, F_SETFL, 0)
    client.withLock { $0 = number }
    return true
  }

  private func serve() -> Bool {
    guard let (header, payload) = receive() else { return close() }
    let command = WireCommand(rawValue: header.command)
    if let command { seen.withLock { $0.append(command) } }
    var reply = WireHeader(id: header.id, command: header.command, payload: 0, flags: .reply)
    switch script(self, command, payload) ?? Self.usual(command, payload) {
    case .reply(let payload, let descriptors):
      reply.messageSize = UInt32(16 + payload.count)
      var bytes = [UInt8].bytes(of: reply.raw) + payload
      let sent = bytes.withUnsafeMutableBytes { bytes in
        var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        return cu_send(client.withLock { $0 }, &part, 1, descriptors, descriptors.count)
      }
      // It never waits; what the socket did not take follows.
      if sent > 0 { send(Array(bytes.dropFirst(sent))) }
    case .error(let number):
      (reply.flags, reply.errorNumber) = (.errorReply, number)
      send([UInt8].bytes(of: reply.raw))
    case .bytes(let bytes): send(bytes)
    case .nothing: break
    case .hangUp: return close()
    }
    return true
  }

  /// The number goes with the descriptor: another test's may get it next.
  private func close() -> Bool {
    client.withLock { client in
      _ = Glibc.close(client)
      client = -1
    }
    return false
  }

  /// One call, as libvfio-user makes it.
  private func take(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = recv(client.withLock { $0 }, &bytes, count, 0)
    guard got > 0 else { return nil }
    if got != count { complaints.withLock { $0.append("\(got) of \(count) bytes") } }
    return got == count ? bytes : nil
  }

  // MARK: the usual device

  static let version = WireVersion(minor: 2).payload

  private static func usual(_ command: WireCommand?, _ payload: [UInt8]) -> Answer {
    switch command {
    case .version: .reply(version)
    case .deviceGetInfo: .reply(words(16, 3, 2, 0))
    case .deviceGetRegionInfo:
      .reply(words(32, 3, payload.number(at: 8) ?? 0, 0) + [UInt8](number: UInt64(4096)) + [UInt8](number: UInt64(0)))
    case .deviceFeature: feature(payload)
    default: .reply(Array(payload.prefix(16)))
    }
  }

  private static func feature(_ payload: [UInt8]) -> Answer {
    let word: UInt32 = payload.number(at: 4) ?? 0
    switch (FeatureNumber(rawValue: FeatureFlags(rawValue: word).index), FeatureFlags(rawValue: word).contains(.get)) {
    case (.migration, true): return .reply(Array(payload.prefix(8)) + [UInt8](number: UInt64(5)))
    // libvfio-user says data_fd 0 here, which is no descriptor.
    case (.migDeviceState, true): return .reply(Array(payload.prefix(8)) + words(2, 0))
    case (.migDeviceState, false): return .reply(payload)
    default: return .error(22)
    }
  }

  static func words(_ numbers: UInt32...) -> [UInt8] { numbers.flatMap([UInt8].init(number:)) }
}

/// A thread of its own: the tests' threads are few, and may all be waiting.
enum Thread {
  static func start(_ body: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "test thread").async(execute: body)
  }
}
