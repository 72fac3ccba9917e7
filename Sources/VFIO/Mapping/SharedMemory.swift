/// Memory that its owner and those who map it see at the same time: what a device made in software has behind a region
/// that may be mapped.
///
/// Owner and mappers may use it from several threads. As with real devices, bytes that are changed while they are
/// copied come through mixed; who writes when is for the protocol to say.
public final class SharedMemory: Sendable {
  private let mapping: Mapping

  /// New memory of `count` bytes, one or more, all 0. Nil when there is not so much.
  public init?(count: Int) {
    guard count > 0, let mapping = Mapping(zeroes: count) else { return nil }
    self.mapping = mapping
  }

  /// Bytes.
  public var count: Int { mapping.count }

  /// Lends the memory for reading.
  public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    let bytes = UnsafeRawBufferPointer(mapping.bytes)
    return try body(bytes.bytes)
  }

  /// Lends the memory for writing.
  public func withMutableBytes<R, E: Error>(_ body: (inout MutableRawSpan) throws(E) -> R) throws(E) -> R {
    let bytes = mapping.bytes
    var span = bytes.mutableBytes
    return try body(&span)
  }

  /// A window onto `count` bytes of the memory, which lies at `start` in the region. Refused as
  /// `Region.checkMap(offset:count:)` says, and when the memory does not reach so far.
  public func map(
    _ region: Region, offset: UInt64, count: Int, liesAt start: UInt64
  ) throws(DeviceError) -> any MappedWindow {
    try region.checkMap(offset: offset, count: count)
    guard offset >= start, offset - start <= UInt64(self.count), count <= self.count - Int(offset - start) else {
      throw DeviceError(
        .map(region: region.index, offset: offset, count: count), .malformed("there is no memory behind this"))
    }
    return MemoryWindow(mapping, from: Int(offset - start), of: region, at: offset, count: count)
  }
}
