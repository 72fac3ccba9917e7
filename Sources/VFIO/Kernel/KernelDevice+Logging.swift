import CVFIO

/// DMA logging by the device itself: features 6 to 8, which carry addresses of ours.
extension KernelDevice {
  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_START`.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    var call = cv_dma_logging_start()
    call.feature = Self.header(.set, .dmaLoggingStart, MemoryLayout<cv_dma_logging_start>.size)
    call.page_size = pageSize
    call.num_ranges = UInt32(ranges.count)
    let operation = Operation.startLogging(ranges: ranges, pageSize: pageSize)
    let hold = try hold(operation)
    let places = ranges.map { cv_dma_logging_range(iova: $0.iova, length: $0.length) }
    try places.span.withUnsafeBytes { (bytes) throws(DeviceError) in
      call.ranges = UInt64(UInt(bitPattern: bytes.baseAddress))
      _ = try hold.device.ioctl(CV_DEVICE_FEATURE, &call, as: operation)
    }
    return call.page_size
  }

  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP`.
  public func stopLogging() throws(DeviceError) {
    var call = Self.header(.set, .dmaLoggingStop, MemoryLayout<cv_device_feature>.size)
    _ = try hold(.stopLogging).device.ioctl(CV_DEVICE_FEATURE, &call, as: .stopLogging)
  }

  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT`.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    var call = cv_dma_logging_report()
    call.feature = Self.header(.get, .dmaLoggingReport, MemoryLayout<cv_dma_logging_report>.size)
    call.iova = bitmap.range.iova
    call.length = bitmap.range.length
    call.page_size = bitmap.pageSize
    let operation = Operation.reportLogging(bitmap.range, pageSize: bitmap.pageSize)
    let hold = try hold(operation)
    try bitmap.withMutableWords { (words) throws(DeviceError) in
      try words.withUnsafeMutableBytes { (bits) throws(DeviceError) in
        call.bitmap = UInt64(UInt(bitPattern: bits.baseAddress))
        _ = try hold.device.ioctl(CV_DEVICE_FEATURE, &call, as: operation)
      }
    }
  }

  private static func header(_ flags: FeatureFlags, _ number: FeatureNumber, _ size: Int) -> cv_device_feature {
    cv_device_feature(argsz: UInt32(size), flags: flags.of(number))
  }
}
