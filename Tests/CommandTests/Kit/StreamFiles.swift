import Glibc
@testable import Migration
import TestSupport
import VFIO

/// A folder of saved streams, which goes away with this object.
///
/// The data are those of a kernel's mtty sample device with one port (samples/vfio-mdev/mtty.c).
final class StreamFiles {
  private let tree: Tree

  init() throws { tree = try Tree() }

  func path(_ name: String) -> String { "\(tree.path)/\(name)" }

  /// 60 bytes: a header and a port.
  static func mtty(divisor: UInt16 = 12) -> [UInt8] {
    let header =
      [UInt8](number: (0x7E9D_0989_8C3E_2C4E as UInt64).littleEndian)
      + [1, 0, 1, 0].flatMap { [UInt8](number: ($0 as UInt32).littleEndian) }
    let fifo = Array("hello".utf8) + [UInt8](repeating: 0, count: 11)
    return header + [0, 1, 2, 3, 4, 5, 6, 7] + fifo + [1, 2, 3, 0, 1, 0] + [UInt8](number: divisor.littleEndian)
      + [7, 16, 14, 0]
  }

  /// A stream file: the header in pre-copy, the port in stop-copy.
  func streamFile(_ name: String, divisor: UInt16 = 12, device: String = "0000:3b:00.2") throws -> String {
    let writer = try begin(name, divisor: divisor, device: device)
    _ = try writer.finish(finalState: .v2(.stop))
    return path(name)
  }

  /// The same, still being written: it is at `name.part` until it is finished.
  func begin(_ name: String, divisor: UInt16 = 12, device: String = "0000:3b:00.2") throws -> StreamFileWriter {
    let identity = StreamIdentity(protocol: .v2, device: device, flags: ["stop-copy", "pre-copy"], way: "cdev")
    let writer = try StreamFileWriter(FileSink(path: path(name)), identity: identity)
    let data = Self.mtty(divisor: divisor)
    try writer.begin(phase: .v2(.preCopy))
    try writer.chunk(data.span.bytes.extracting(first: 24))
    try writer.begin(phase: .v2(.stopCopy))
    try writer.chunk(data.span.bytes.extracting(droppingFirst: 24))
    try writer.flush()
    return writer
  }

  /// A file of these bytes.
  func plainFile(_ name: String, _ bytes: [UInt8]) throws -> String {
    let writer = RawStreamWriter(try FileSink(path: path(name)))
    try writer.chunk(bytes.span.bytes)
    _ = try writer.finish(finalState: nil)
    return path(name)
  }

  /// A stream file that says that it is of this version.
  func streamFile(_ name: String, version: UInt32) throws -> String {
    let file = try streamFile(name)
    let descriptor = open(file, O_RDWR)
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 12)
    pread(descriptor, &head, 8, 0)
    head.replaceSubrange(8..., with: [UInt8](number: version.littleEndian))
    let bytes = head + [UInt8](number: CRC32C(head.span.bytes).value.littleEndian)
    pwrite(descriptor, bytes, 16, 0)
    return file
  }

  /// Changes one byte of a file, so many bytes before its end.
  func damage(_ file: String, fromEnd distance: Int) {
    let descriptor = open(file, O_RDWR)
    defer { close(descriptor) }
    let offset = lseek(descriptor, 0, Int32(SEEK_END)) - off_t(distance)
    var byte: UInt8 = 0
    pread(descriptor, &byte, 1, offset)
    byte ^= 1
    pwrite(descriptor, &byte, 1, offset)
  }
}
