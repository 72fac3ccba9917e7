import CLoop
import Glibc
import Migration
import VFIO

/// The loop in plain C, on a device of ours.
struct PlainLoop {
  let way: Way
  let chunk: Int
  let clock: Clock
  /// To see what it does. It is timed without one.
  var journal: Journal?
  /// The most bytes that a message of vfio-user may bring.
  var maxRead = 1 << 20

  /// Saves a device to a file.
  func save(_ address: String, to path: String) throws -> Duration {
    let session = try open(address, journal: journal, maxRead: maxRead)
    unlink(path)
    return try clock.time {
      let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      defer { close(file) }
      try session.go(to: "stop-copy")
      try run(session, file, way == .v2 ? cl_save_v2 : cl_save_v1)
      try session.go(to: "running")
    }
  }

  /// Loads a device from a file of its data and nothing else.
  func load(_ address: String, from path: String) throws -> Duration {
    let session = try open(address, journal: journal)
    return try clock.time {
      let file = Glibc.open(path, O_RDONLY)
      defer { close(file) }
      try session.go(to: "resuming")
      try run(session, file, way == .v2 ? cl_load_v2 : cl_load_v1)
      try session.go(to: "running")
    }
  }

  private typealias Loop = (UnsafePointer<cl_device>, Int32, UnsafeMutableRawPointer, Int) -> Int64

  private func run(_ session: MigrationSession, _ file: Int32, _ loop: Loop) throws {
    let size = way.pieceSize(chunk: chunk)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
    defer { buffer.deallocate() }
    let calls = Calls(session)
    let context = Unmanaged.passRetained(calls)
    defer { context.release() }
    var device = Calls.table(context.toOpaque())
    var moved: Int64 = -1
    if way == .v1Map, let region = calls.region, let area = region.mappableAreas.first {
      let window = try session.device.map(region, offset: area.offset, count: Int(area.size))
      try window.withBytes(in: 0..<window.count) { bytes in
        bytes.withUnsafeBytes { bytes in
          device.window = UnsafeMutableRawBufferPointer(mutating: bytes).bindMemory(to: UInt8.self).baseAddress
          device.window_offset = area.offset
          moved = loop(&device, file, buffer, size)
        }
      }
    } else {
      moved = loop(&device, file, buffer, size)
    }
    guard moved > 0 else { throw Failed(what: "the loop in C ended with \(moved)") }
  }
}

/// A device's calls as C sees them.
final class Calls {
  let session: MigrationSession
  let device: any Device
  let region: Region?
  private(set) var stream: (any DataStream)?

  init(_ session: MigrationSession) {
    self.session = session
    device = session.device
    region = (session.interface as? V1Interface)?.region
    stream = (session.interface as? V2Interface)?.stream
  }

  /// Changes the state of a v2 device, and uses the data session that this has opened.
  func go(to number: UInt32) throws {
    try session.go(to: V2State(rawValue: number).name)
    stream = (session.interface as? V2Interface)?.stream
  }

  static func table(_ context: UnsafeMutableRawPointer) -> cl_device {
    cl_device(
      device: context,
      read: { context, offset, bytes, count in
        Calls.call(context) { calls in
          guard let region = calls.region else { return -1 }
          var buffer = MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(start: bytes, count: count))
          return try calls.device.read(region, at: offset, into: &buffer)
        }
      },
      write: { context, offset, bytes, count in
        Calls.call(context) { calls in
          guard let region = calls.region else { return -1 }
          let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
          return try calls.device.write(region, at: offset, from: buffer.bytes)
        }
      },
      read_stream: { context, bytes, count in
        Calls.call(context) { calls in
          var buffer = MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(start: bytes, count: count))
          return try calls.stream?.read(into: &buffer) ?? -1
        }
      },
      write_stream: { context, bytes, count in
        Calls.call(context) { calls in
          try calls.stream?.write(UnsafeRawBufferPointer(start: bytes, count: count).bytes) ?? -1
        }
      },
      window: nil, window_offset: 0)
  }

  private static func call(_ context: UnsafeMutableRawPointer?, _ body: (Calls) throws -> Int) -> Int64 {
    guard let context else { return -1 }
    let calls = Unmanaged<Calls>.fromOpaque(context).takeUnretainedValue()
    return Int64((try? body(calls)) ?? -1)
  }
}
