import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Migration

/// Both ends of a pipe or of a socket. A call that blocks at one of them is on a thread that nobody waits for for ever.
final class Channel: Sendable {
  enum Kind: CaseIterable {
    case pipe, socket
  }

  let reading: Int32
  let writing: Int32

  init(_ kind: Kind = .pipe) throws {
    var ends: [Int32] = [-1, -1]
    switch kind {
    case .pipe: try #require(pipe(&ends) == 0)
    case .socket: try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Puts bytes in until there is no room for another one.
  func fill() {
    let bytes = [UInt8](repeating: 0, count: 1 << 16)
    let flags = fcntl(writing, F_GETFL)
    _ = fcntl(writing, F_SETFL, flags | O_NONBLOCK)
    for length in [bytes.count, 1] { while write(writing, bytes, length) > 0 {} }
    _ = fcntl(writing, F_SETFL, flags)
  }
}

/// Does this on another thread and gives what comes of it, or fails after a while that is long enough for anything here.
func inTime<R: Sendable>(_ body: @escaping () throws -> R) throws -> R {
  let outcome = Outcome<R>()
  nonisolated(unsafe) let body = body
  DispatchQueue(label: "in time").async { outcome.set(Result { try body() }) }
  try #require(outcome.isThere.wait(timeout: .now() + 20) == .success, "it does not come to an end")
  return try #require(outcome.value).get()
}

private final class Outcome<R: Sendable>: Sendable {
  let isThere = DispatchSemaphore(value: 0)
  private let contents = Mutex<Result<R, any Error>?>(nil)

  var value: Result<R, any Error>? { contents.withLock { $0 } }

  func set(_ value: Result<R, any Error>) {
    contents.withLock { $0 = value }
    isThere.signal()
  }
}
