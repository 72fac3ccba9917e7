import VFIO

/// Reading and writing the regions.
extension Machine {
  /// One access to a region; what goes beyond its end is cut off.
  mutating func read(
    _ index: UInt32, at offset: UInt64, into buffer: inout MutableRawSpan
  ) throws(Refusal) -> Int {
    switch index {
    case RegionLayout.memoryIndex:
      let place = try Place(offset, buffer.byteCount, in: memory.size)
      memory.read(at: place.range.lowerBound, count: place.range.count, into: &buffer)
      return place.range.count
    case RegionLayout.configIndex:
      let place = try Place(offset, buffer.byteCount, in: ConfigSpace.size)
      buffer.copy(config.bytes.span.bytes.extracting(place.range))
      return place.range.count
    case profile.migrationRegion?.index:
      return try readMigrationRegion(at: offset, into: &buffer, dataOffset: dataOffset)
    default:
      throw Refusal(.EINVAL)
    }
  }

  /// One access to a region; what goes beyond its end is cut off. The device's memory takes writes only while it runs:
  /// EIO otherwise.
  mutating func write(_ index: UInt32, at offset: UInt64, from buffer: RawSpan) throws(Refusal) -> Int {
    switch index {
    case RegionLayout.memoryIndex:
      let place = try Place(offset, buffer.byteCount, in: memory.size)
      guard traits.runs else { throw Refusal(.EIO) }
      let pages = memory.write(buffer.extracting(0..<place.range.count), at: place.range.lowerBound)
      for page in pages { saving?.noteChange(of: page) }
      return place.range.count
    case RegionLayout.configIndex:
      let place = try Place(offset, buffer.byteCount, in: ConfigSpace.size)
      config.write(buffer.extracting(0..<place.range.count).array, at: place.range.lowerBound)
      return place.range.count
    case profile.migrationRegion?.index:
      return try writeMigrationRegion(at: offset, from: buffer, dataOffset: dataOffset)
    default:
      throw Refusal(.EINVAL)
    }
  }

  private var dataOffset: UInt64 { profile.migrationRegion?.dataOffset ?? 0 }
}
