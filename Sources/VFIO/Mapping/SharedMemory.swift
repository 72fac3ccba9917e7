import CVFIO

/// Memory that its owner and those who map it see at the same time: what a device made in software has behind a region
/// that may be mapped.
///
/// Owner and mappers may use it from several threads. As with real devices, bytes that are changed while they are
/// copied come through mixed; who writes when is for the protocol to say.
public final class SharedMemory: Sendable {
  private let mapping: Mapping
  private let file: PassedDescriptor
  /// Where it begins in the file behind it.
  let start: UInt64

  /// New memory of `count` bytes, one or more, all 0. Nil when there is not so much.
  ///
  /// - Parameter start: where it begins in the file behind it. What is before it there takes no room.
  public init?(count: Int, at start: Int = 0) {
    guard count > 0, start >= 0, !start.addingReportingOverflow(count).overflow else { return nil }
    let number = cu_memory(start + count)
    guard number >= 0 else { return nil }
    file = PassedDescriptor(owning: number)
    let operation = Operation.mapDMA(DMARange(iova: 0, length: UInt64(count)))
    guard
      let mapping = try? Mapping(
        file.descriptor, at: UInt64(start), count: count, access: [.read, .write], as: operation)
    else {
      return nil
    }
    self.mapping = mapping
    self.start = UInt64(start)
  }

  /// Memory that another process has passed to us: `count` bytes from `offset` on in the file behind the descriptor. Nil
  /// when it can't be mapped so, or when the file ends before. The other process can cut the file at any time, and then
  /// a look at the memory raises SIGBUS: use `read` and `write` for it, which fail instead.
  init?(_ passed: PassedDescriptor, offset: UInt64, count: Int, access: Region.Flags) {
    let operation = Operation.mapDMA(DMARange(iova: 0, length: UInt64(count)))
    guard count > 0, offset <= UInt64(Int64.max) - UInt64(count),
      passed.descriptor.fileSize.map({ offset + UInt64(count) <= $0 }) ?? true,
      let mapping = try? Mapping(passed.descriptor, at: offset, count: count, access: access, as: operation)
    else { return nil }
    file = passed
    start = offset
    self.mapping = mapping
  }

  /// Copies all of `bytes` to `offset`. False when it does not fit, or when the memory was taken away.
  public func write(_ bytes: RawSpan, at offset: Int) -> Bool {
    guard offset >= 0, bytes.byteCount <= count, offset <= count - bytes.byteCount else { return false }
    return (try? mapping.copy(bytes, to: offset, as: .reset)) != nil
  }

  /// Fills `buffer` from `offset` on. False when it does not fit, or when the memory was taken away.
  public func read(into buffer: inout MutableRawSpan, at offset: Int) -> Bool {
    guard offset >= 0, buffer.byteCount <= count, offset <= count - buffer.byteCount else { return false }
    do throws(DeviceError) {
      try mapping.copy(from: offset, into: &buffer, as: .reset)
      return true
    } catch {
      return false
    }
  }

  /// As `write` does, by a call on the file behind it: none of its pages becomes one of this process. Only for memory that
  /// was made here: other files need not let themselves be written so.
  public func store(_ bytes: RawSpan, at offset: Int) -> Bool {
    guard offset >= 0, bytes.byteCount <= count, offset <= count - bytes.byteCount else { return false }
    let done = bytes.withUnsafeBytes { bytes in
      try? file.descriptor.write(at: start + UInt64(offset), from: bytes, as: .reset)
    }
    return done == bytes.byteCount
  }

  /// Copies these bytes to the start of `buffer`, by a call on the file behind it. False when they are not all in the
  /// memory, or have no room.
  public func fetch(_ place: Range<Int>, into buffer: inout MutableRawSpan) -> Bool {
    guard place.lowerBound >= 0, place.upperBound <= count, place.count <= buffer.byteCount else { return false }
    let done = buffer.withUnsafeMutableBytes { buffer in
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<place.count])
      return try? file.descriptor.read(at: start + UInt64(place.lowerBound), into: room, as: .reset)
    }
    return done == place.count
  }

  /// All bytes are 0 afterwards, and take no room until they are written. Only for memory that was made here.
  public func clear() {
    guard cu_memory_clear(file.descriptor.borrowed, off_t(start), off_t(count)) != 0 else { return }
    // Not every kernel can give a part of a file back.
    mapping.bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// These bytes are not looked at for now: their pages are none of this process until they are touched again. They stay
  /// as they are.
  public func letGo(of place: Range<Int>) { mapping.letGo(of: place.clamped(to: 0..<count)) }

  /// The descriptor behind it, for whoever keeps it.
  var passed: PassedDescriptor { file }

  /// The descriptor behind it, for a message that passes it to another process. It is not to be closed or kept.
  package var descriptor: Int32 { file.descriptor.borrowed }

  /// Bytes.
  public var count: Int { mapping.count }

  /// Where it begins, for a structure that names it to the kernel. It is not there longer than this object.
  var address: UInt64 { UInt64(UInt(bitPattern: mapping.bytes.baseAddress)) }

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
