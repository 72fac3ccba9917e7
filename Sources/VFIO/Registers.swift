/// Registers in a region, always accessed once and with their own width.
extension Device {
  /// Reads a register of `T`'s width.
  public func register<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, in region: Region, at offset: UInt64
  ) throws(DeviceError) -> T {
    let width = MemoryLayout<T>.size
    let bytes = try bytes(in: region, at: offset, count: width)
    guard let value: T = bytes.number(at: 0) else {
      throw DeviceError(
        .read(region: region.index, offset: offset, count: width), .short(expected: width, got: bytes.count))
    }
    return value
  }

  /// Writes a register of `T`'s width.
  public func setRegister<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, in region: Region, at offset: UInt64
  ) throws(DeviceError) {
    let bytes = [UInt8](number: value)
    let taken = try write(region, at: offset, from: bytes.span.bytes)
    guard taken == bytes.count else {
      throw DeviceError(
        .write(region: region.index, offset: offset, count: bytes.count), .short(expected: bytes.count, got: taken))
    }
  }

  /// Reads up to `count` bytes in one access.
  public func bytes(in region: Region, at offset: UInt64, count: Int) throws(DeviceError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let got = try read(region, at: offset, into: &raw)
    return got == count ? bytes : Array(bytes.prefix(max(0, got)))
  }
}
