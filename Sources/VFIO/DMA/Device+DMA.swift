/// What a device answers that does no DMA.
extension Device {
  /// `ENOTTY`: there is no such thing here.
  public func addressSpace() throws(DeviceError) -> any AddressSpace {
    throw DeviceError(.attach(call: "address space"), .ENOTTY)
  }

  /// `ENOTTY`, as the kernel answers for a driver that logs nothing.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    throw DeviceError(.startLogging(ranges: ranges, pageSize: pageSize), .ENOTTY)
  }

  /// `ENOTTY`, as the kernel answers for a driver that logs nothing.
  public func stopLogging() throws(DeviceError) { throw DeviceError(.stopLogging, .ENOTTY) }

  /// `ENOTTY`, as the kernel answers for a driver that logs nothing.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    throw DeviceError(.reportLogging(bitmap.range, pageSize: bitmap.pageSize), .ENOTTY)
  }
}
