import VFIO

/// The registers of `struct vfio_device_migration_info` and the data window behind them (protocol v1, linux/vfio.h of
/// Linux 5.8 to 5.17). Only native width and alignment are registers; everything else is EINVAL.
extension Machine {
  /// Reads a register, or a part of the window.
  mutating func readMigrationRegion(
    at offset: UInt64, into buffer: inout MutableRawSpan, dataOffset: UInt64
  ) throws(Refusal) -> Int {
    if offset >= dataOffset { return try readWindow(at: offset - dataOffset, into: &buffer) }
    let value = try register(at: offset, width: buffer.byteCount, dataOffset: dataOffset)
    buffer.copy(value.span.bytes)
    return value.count
  }

  /// Writes a register, or a part of the window.
  mutating func writeMigrationRegion(
    at offset: UInt64, from buffer: RawSpan, dataOffset: UInt64
  ) throws(Refusal) -> Int {
    if offset >= dataOffset { return try writeWindow(at: offset - dataOffset, from: buffer) }
    switch (offset, buffer.byteCount) {
    case (MigrationRegion.Register.deviceState, 4): try change(to: buffer.unsafeLoadUnaligned(as: UInt32.self))
    case (MigrationRegion.Register.reserved, 4): break
    case (MigrationRegion.Register.dataSize, 8): try consume(buffer.unsafeLoadUnaligned(as: UInt64.self))
    default: throw Refusal(.EINVAL)
    }
    return buffer.byteCount
  }

  private mutating func register(at offset: UInt64, width: Int, dataOffset: UInt64) throws(Refusal) -> [UInt8] {
    switch (offset, width) {
    case (MigrationRegion.Register.deviceState, 4): [UInt8](number: state)
    case (MigrationRegion.Register.reserved, 4): [UInt8](number: UInt32(0))
    case (MigrationRegion.Register.pendingBytes, 8): [UInt8](number: UInt64(pendingBytes()))
    case (MigrationRegion.Register.dataOffset, 8): [UInt8](number: try prepareWindow(dataOffset))
    case (MigrationRegion.Register.dataSize, 8): [UInt8](number: UInt64(try chunkLength()))
    default: throw Refusal(.EINVAL)
    }
  }

  /// pending_bytes. The first read behind a chunk says that the chunk was consumed; outside a save nothing is pending.
  private mutating func pendingBytes() -> Int {
    guard let saving else { return 0 }
    window.acknowledge()
    return window.chunkLength + saving.remaining(stopped: !traits.runs)
  }

  /// data_offset. In a save the answer comes when the data are in the window.
  private mutating func prepareWindow(_ dataOffset: UInt64) throws(Refusal) -> UInt64 {
    guard saving != nil || loading != nil else { throw Refusal(.EINVAL) }
    if saving != nil, window.chunkLength == 0 {
      do throws(Refusal) {
        try window.prepare(from: &saving, limit: options.chunk, of: memory, stopped: !traits.runs)
      } catch {
        // A part of the data is gone with it.
        throw refused(error.errno, toError: true)
      }
      try spend(window.chunkLength)
    }
    return dataOffset
  }

  /// data_size, read.
  private mutating func chunkLength() throws(Refusal) -> Int {
    guard saving != nil || loading != nil else { throw Refusal(.EINVAL) }
    if window.chunkLength > 0, !window.lengthIsKnown {
      try count(window.chunkLength)
      window.lengthIsKnown = true
    }
    return window.chunkLength
  }

  /// data_size, written: the window holds a chunk. Returns when it was consumed.
  private mutating func consume(_ length: UInt64) throws(Refusal) {
    guard loading != nil, length <= UInt64(window.size) else { throw Refusal(.EINVAL) }
    window.chunkLength = Int(length)
    try count(Int(length))
    try window.withChunk { (chunk) throws(Refusal) in try loading?.take(chunk, into: &memory) }
  }

  private func readWindow(at offset: UInt64, into buffer: inout MutableRawSpan) throws(Refusal) -> Int {
    guard options.map != .only else { throw Refusal(.ENOTSUP) }
    let place = try Place(offset, buffer.byteCount, in: window.size)
    try window.read(place.range, into: &buffer)
    return place.range.count
  }

  private func writeWindow(at offset: UInt64, from buffer: RawSpan) throws(Refusal) -> Int {
    guard options.map != .only else { throw Refusal(.ENOTSUP) }
    guard loading != nil else { throw Refusal(.EINVAL) }
    let place = try Place(offset, buffer.byteCount, in: window.size)
    try window.write(buffer.extracting(0..<place.range.count), at: place.range.lowerBound)
    return place.range.count
  }
}
