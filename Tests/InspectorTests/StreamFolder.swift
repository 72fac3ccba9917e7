import Glibc
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Migration

/// A folder of captures, which goes away with this object.
final class StreamFolder {
  private let tree: Tree

  init() throws { tree = try Tree() }

  var path: String { tree.path }

  func path(_ name: String) -> String { "\(tree.path)/\(name)" }

  /// A file of these bytes.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try tree.write(name, bytes: bytes)
    return path(name)
  }

  /// A stream file of these chunks, a millisecond between one phase and the next.
  func stream(
    _ name: String, _ phases: [(State, [[UInt8]])], device: String = "0000:3b:00.2", isFinished: Bool = true
  ) throws -> String {
    let writer = try writer(name, identity(device, .v2, "cdev"))
    for (state, chunks) in phases {
      try writer.begin(phase: state)
      for chunk in chunks { try writer.chunk(chunk.span.bytes) }
    }
    guard isFinished else {
      try writer.flush()
      return path(name) + ".part"
    }
    _ = try writer.finish(finalState: .v2(.stop))
    return path(name)
  }

  /// What a simulated device gives when it is saved.
  func simulated(_ name: String, _ profile: String, model: String? = nil) throws -> String {
    let opened = try DeviceOpener().open(.simulated(profile), journal: Journal())
    let session = try #require(opened.session)
    var identity = identity("sim:\(profile)", session.interface.protocol, opened.way, session.interface.flags)
    identity.model = model
    let writer = try writer(name, identity)
    var options = TransferOptions()
    options.preCopy = true
    let report = SaveOperation(session, to: writer, options: options).run()
    #expect(report.fault == nil)
    _ = try writer.finish(finalState: report.states.first?.state)
    return path(name)
  }

  /// Cuts a file to so many bytes.
  func cut(_ path: String, to count: Int) { truncate(path, count) }

  /// Writers that are not finished would take their files away when they go.
  private var writers: [StreamFileWriter] = []

  private func writer(_ name: String, _ identity: StreamIdentity) throws -> StreamFileWriter {
    let asked = Atomic(0)
    let start = ContinuousClock.now
    let writer = try StreamFileWriter(
      FileSink(path: path(name)), identity: identity, checksums: .sha256,
      clock: { start + .milliseconds(asked.add(1, ordering: .relaxed).newValue) })
    writers.append(writer)
    return writer
  }

  private func identity(
    _ device: String, _ protocol: Migration.MigrationProtocol, _ way: String,
    _ flags: [String] = ["stop-copy", "pre-copy"]
  ) -> StreamIdentity {
    StreamIdentity(protocol: `protocol`, device: device, flags: flags, way: way)
  }
}

extension StreamFolder {
  /// samples/vfio-mdev/mtty.c: a header, then a structure for each port.
  static func mtty(ports: UInt8 = 2, divisor: UInt8 = 12) -> [[UInt8]] {
    let magic: [UInt8] = [0x4E, 0x2C, 0x3E, 0x8C, 0x89, 0x09, 0x9D, 0x7E]
    let header = magic + [1, 0, 0, 0, 0, 0, 0, 0, ports, 0, 0, 0, 0, 0, 0, 0]
    let fifo = Array("hello".utf8) + [UInt8](repeating: 0, count: 11)
    return [header]
      + (0..<ports).map { _ in [0, 1, 2, 3, 4, 5, 6, 7] + fifo + [1, 2, 3, 0, 1, 0, divisor, 0, 7, 16, 14, 0] }
  }

  /// drivers/vfio/pci/mlx5/cmd.h: the size of the stop-copy data, then 100 bytes of the device.
  static let mlx5: [UInt8] =
    [8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0]
    + [100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x5A, count: 100)

  /// The mtty stream, its header in pre-copy and its ports in stop-copy.
  func mtty(_ name: String, divisor: UInt8 = 12, device: String = "0000:3b:00.2") throws -> String {
    let chunks = Self.mtty(divisor: divisor)
    return try stream(
      name, [(.v2(.preCopy), [chunks[0]]), (.v2(.stopCopy), Array(chunks.dropFirst()))], device: device)
  }
}
