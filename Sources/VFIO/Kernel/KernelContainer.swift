import CVFIO

/// A container and the group in it: memory for a device that was opened through its group.
final class KernelContainer: KernelIOMMU {
  private let container: FileDescriptor
  /// Has to stay open: with its last group a container loses its memory too.
  private let group: FileDescriptor
  private let type: UInt

  /// - Parameter type: what `VFIO_SET_IOMMU` was called with.
  init(_ container: consuming FileDescriptor, group: consuming FileDescriptor, iommu type: UInt) {
    self.container = container
    self.group = group
    self.type = type
  }

  /// The container was given to the device when it was opened; only the unsafe mode has no memory to give.
  func attach(_ device: borrowing FileDescriptor, recorder: any AccessRecorder) throws(DeviceError) {
    guard type != CV_NOIOMMU_IOMMU else {
      throw DeviceError(
        .attach(call: "address space"), .absent("this group has no IOMMU, so no memory can be mapped for its devices"))
    }
  }

  func info() throws(DeviceError) -> AddressSpaceInfo {
    let reply = try CapabilityChain.ask(.addressSpaceInfo, fixed: MemoryLayout<cv_iommu_info>.size) {
      (argsz) throws(DeviceError) in
      var buffer = [UInt8](repeating: 0, count: argsz)
      buffer.put(number: UInt32(argsz), at: 0)
      _ = try container.ioctl(CV_IOMMU_GET_INFO, buffer: &buffer, as: .addressSpaceInfo)
      return buffer
    }
    return try AddressSpaceInfo(reply: reply)
  }

  func map(_ address: UInt64, as range: DMARange) throws(DeviceError) {
    var call = cv_iommu_dma_map(
      argsz: UInt32(MemoryLayout<cv_iommu_dma_map>.size), flags: UInt32(CV_DMA_MAP_FLAG_READ | CV_DMA_MAP_FLAG_WRITE),
      vaddr: address, iova: range.iova, size: range.length)
    _ = try container.ioctl(CV_IOMMU_MAP_DMA, &call, as: .mapDMA(range))
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    var call = cv_iommu_dma_unmap(
      argsz: UInt32(MemoryLayout<cv_iommu_dma_unmap>.size), flags: 0, iova: range.iova, size: range.length,
      bitmap: cv_bitmap())
    let operation = Operation.unmapDMA(range, pageSize: dirty?.pageSize)
    guard var bitmap = dirty else {
      _ = try container.ioctl(CV_IOMMU_UNMAP_DMA, &call, as: operation)
      return
    }
    defer { dirty = bitmap }
    call.flags = UInt32(CV_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
    try bitmap.lend { (place) throws(DeviceError) in
      call.bitmap = place
      _ = try container.ioctl(CV_IOMMU_UNMAP_DMA, &call, as: operation)
    }
  }

  func startLogging() throws(DeviceError) {
    var call = Self.call(CV_DIRTY_PAGES_FLAG_START)
    _ = try container.ioctl(CV_IOMMU_DIRTY_PAGES, &call, as: .dirtyPagesStart)
  }

  func stopLogging() throws(DeviceError) {
    var call = Self.call(CV_DIRTY_PAGES_FLAG_STOP)
    _ = try container.ioctl(CV_IOMMU_DIRTY_PAGES, &call, as: .dirtyPagesStop)
  }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    var call = Self.call(CV_DIRTY_PAGES_FLAG_GET_BITMAP)
    call.iova = bitmap.range.iova
    call.size = bitmap.range.length
    let operation = Operation.dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize)
    try bitmap.lend { (place) throws(DeviceError) in
      call.bitmap = place
      _ = try container.ioctl(CV_IOMMU_DIRTY_PAGES, &call, as: operation)
    }
  }

  func attempt(_ call: DirtyCall) throws(DeviceError) {
    guard call.range.length <= DirtyCall.rangeLimit else {
      throw DeviceError(.dirtyCall(call), .malformed("there is no room for a bitmap of so long a range"))
    }
    // A kernel that took the call would fill bits by the range, whatever the call says of the bitmap's size.
    var room = [UInt64](repeating: 0, count: Int(call.range.length / 4096 / 64) + 64)
    var span = room.mutableSpan
    try span.withUnsafeMutableBytes { (bits) throws(DeviceError) in
      let bitmap = cv_bitmap(
        pgsize: call.pageSize, size: call.bitmapSize, data: UInt64(UInt(bitPattern: bits.baseAddress)))
      switch call.kind {
      case .dirtyPages: try attemptDirtyPages(call, bitmap)
      case .unmap: try attemptUnmap(call, bitmap)
      }
    }
  }

  private func attemptDirtyPages(_ asked: DirtyCall, _ bitmap: cv_bitmap) throws(DeviceError) {
    var call = cv_iommu_dirty_pages()
    call.argsz = UInt32(MemoryLayout<cv_iommu_dirty_pages>.size)
    call.flags = asked.flags
    call.iova = asked.range.iova
    call.size = asked.range.length
    call.bitmap = bitmap
    _ = try container.ioctl(CV_IOMMU_DIRTY_PAGES, &call, as: .dirtyCall(asked))
  }

  private func attemptUnmap(_ asked: DirtyCall, _ bitmap: cv_bitmap) throws(DeviceError) {
    var call = cv_iommu_dma_unmap(
      argsz: UInt32(MemoryLayout<cv_iommu_dma_unmap>.size), flags: asked.flags, iova: asked.range.iova,
      size: asked.range.length, bitmap: bitmap)
    _ = try container.ioctl(CV_IOMMU_UNMAP_DMA, &call, as: .dirtyCall(asked))
  }

  private static func call(_ flag: Int) -> cv_iommu_dirty_pages {
    var call = cv_iommu_dirty_pages()
    call.argsz = UInt32(MemoryLayout<cv_iommu_dirty_pages>.size)
    call.flags = UInt32(flag)
    return call
  }
}

extension DirtyBitmap {
  /// Lends the cleared bits to a call that names them to the kernel.
  ///
  /// Cleared, because the kernel writes whole words for one mapping and sets bits in between for the next.
  fileprivate mutating func lend(_ call: (cv_bitmap) throws(DeviceError) -> Void) throws(DeviceError) {
    clear()
    let pageSize = pageSize
    try withMutableWords { (words) throws(DeviceError) in
      try words.withUnsafeMutableBytes { (bits) throws(DeviceError) in
        try call(
          cv_bitmap(
            pgsize: pageSize, size: UInt64(bits.count), data: UInt64(UInt(bitPattern: bits.baseAddress))))
      }
    }
  }
}
