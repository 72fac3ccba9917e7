/// Registers in a region, always accessed once and with their own width.
extension Device {
  /// Reads a register of `T`'s width.
  @inlinable @inline(__always)
  public func register<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type, in region: Region, at offset: UInt64
  ) throws(DeviceError) -> T {
    var value: T = 0
    let width = MemoryLayout<T>.size
    let got = try withUnsafeMutableBytes(of: &value) { (bytes) throws(DeviceError) in
      var span = MutableRawSpan(_unsafeBytes: bytes)
      return try read(region, at: offset, into: &span)
    }
    guard got == width else {
      throw DeviceError(.read(region: region.index, offset: offset, count: width), .short(expected: width, got: got))
    }
    return value
  }

  /// Writes a register of `T`'s width.
  @inlinable @inline(__always)
  public func setRegister<T: FixedWidthInteger & BitwiseCopyable>(
    _ value: T, in region: Region, at offset: UInt64
  ) throws(DeviceError) {
    let width = MemoryLayout<T>.size
    let taken = try withUnsafeBytes(of: value) { (bytes) throws(DeviceError) in
      try write(region, at: offset, from: bytes.bytes)
    }
    guard taken == width else {
      throw DeviceError(.write(region: region.index, offset: offset, count: width), .short(expected: width, got: taken))
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
