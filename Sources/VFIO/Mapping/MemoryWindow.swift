import Synchronization

/// A window onto mapped pages.
final class MemoryWindow: MappedWindow {
  let count: Int
  private let region: Region
  /// Where the window begins in the region.
  private let offset: UInt64
  /// Where the window begins in the mapping.
  private let start: Int
  private let mapping: Mutex<Mapping?>

  /// `count` bytes of the mapping, from `start` on; they are the region's from `offset` on. The caller has looked that
  /// this is so.
  init(_ mapping: Mapping, from start: Int = 0, of region: Region, at offset: UInt64, count: Int) {
    self.mapping = Mutex(mapping)
    self.start = start
    self.region = region
    self.offset = offset
    self.count = count
  }

  func copy(from offset: Int, into buffer: inout MutableRawSpan) throws(DeviceError) {
    let operation = Operation.mappedRead(region: region.index, offset: place(offset), count: buffer.byteCount)
    let mapping = try held(.read, offset, buffer.byteCount, operation)
    try mapping.copy(from: start + offset, into: &buffer, as: operation)
  }

  func copy(_ bytes: RawSpan, to offset: Int) throws(DeviceError) {
    let operation = Operation.mappedWrite(region: region.index, offset: place(offset), count: bytes.byteCount)
    let mapping = try held(.write, offset, bytes.byteCount, operation)
    try mapping.copy(bytes, to: start + offset, as: operation)
  }

  func withBytes<R>(in range: Range<Int>, _ body: (RawSpan) -> R) throws(DeviceError) -> R {
    let (offset, length) = (range.lowerBound, range.count)
    let operation = Operation.mappedRead(region: region.index, offset: place(offset), count: length)
    let mapping = try held(.read, offset, length, operation)
    return withExtendedLifetime(mapping) {
      let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[start + offset..<start + offset + length])
      return body(bytes.bytes)
    }
  }

  func unmap() {
    mapping.withLock { $0 = nil }
  }

  /// The offset in the region, for messages: one that makes no sense must not stop the program.
  private func place(_ offset: Int) -> UInt64 { self.offset &+ UInt64(truncatingIfNeeded: offset) }

  /// The mapping, if `length` bytes at `offset` are the window's and may be accessed so.
  private func held(
    _ access: Region.Flags, _ offset: Int, _ length: Int, _ operation: Operation
  ) throws(DeviceError) -> Mapping {
    guard offset >= 0, length <= count, offset <= count - length else {
      throw DeviceError(operation, .malformed("this is not inside the window of \(count) bytes"))
    }
    guard region.flags.contains(access) else { throw DeviceError(operation, .EACCES) }
    guard let mapping = mapping.withLock({ $0 }) else {
      throw DeviceError(operation, .malformed("the window is not mapped any more"))
    }
    return mapping
  }
}
