import CLoop
import CPair
import Glibc
import VFIO

/// The loop in plain C, over a client in plain C.
struct PairLoop {
  let way: Way
  let chunk: Int
  /// The most bytes of data in one message that is read.
  let readSize: Int
  let clock: Clock
  /// The most bytes of data in one message that is written.
  static let writeSize = 32 << 10

  private struct States {
    let stopCopy, resuming, running: UInt32
  }

  /// Saves the device of the server at `path` to a file, or only takes its data when there is none.
  func save(from path: String, to file: String?) throws -> Duration {
    if let file { unlink(file) }
    let output = file.map { Glibc.open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o600) } ?? -1
    defer { if output >= 0 { close(output) } }
    return try move(path, states.stopCopy, output, way == .v2 ? cl_save_v2 : cl_save_v1)
  }

  /// Loads the device of the server at `path` from a file of its data and nothing else.
  func load(_ path: String, from file: String) throws -> Duration {
    let input = Glibc.open(file, O_RDONLY)
    defer { close(input) }
    return try move(path, states.resuming, input, way == .v2 ? cl_load_v2 : cl_load_v1)
  }

  private var states: States {
    way == .v2
      ? States(
        stopCopy: V2State.stopCopy.rawValue, resuming: V2State.resuming.rawValue, running: V2State.running.rawValue)
      : States(
        stopCopy: V1State.stopCopy.rawValue, resuming: V1State.resuming.rawValue, running: V1State.running.rawValue)
  }

  private func move(
    _ path: String, _ state: UInt32, _ file: Int32,
    _ loop: (UnsafePointer<cl_device>, Int32, UnsafeMutableRawPointer, Int) -> Int64
  ) throws -> Duration {
    let size = way.pieceSize(chunk: chunk)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    defer { buffer.deallocate() }
    // The calls lead back to the client, which must not move.
    let client = UnsafeMutablePointer<cp_client>.allocate(capacity: 1)
    defer { client.deallocate() }
    guard cp_open(client, path, way == .v1Map, readSize, Self.writeSize) else {
      throw Failed(what: "the client in C can't connect")
    }
    defer { cp_close(client) }
    return try clock.time {
      try enter(state, client)
      let moved = loop(&client.pointee.calls, file, buffer, size)
      guard moved > 0 else { throw Failed(what: "the pair in C ended with \(moved)") }
      try enter(states.running, client)
    }
  }

  private func enter(_ state: UInt32, _ client: UnsafeMutablePointer<cp_client>) throws {
    var number = state
    let calls = client.pointee.calls
    let isDone = way == .v2 ? cp_set_state(client, state) : calls.write(calls.device, 0, &number, 4) == 4
    guard isDone else { throw Failed(what: "the device does not go to state \(state) for the client in C") }
  }
}
