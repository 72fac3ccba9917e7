import CVFIO
import Synchronization

/// An iommufd with one address space (IOAS) in it: memory for a device that was opened by its own node.
///
/// The address space is made, and the device attached to it, only when memory is asked for; before that the device can
/// do no DMA at all. It then stays until the device is closed, but with nothing mapped it gives as little.
final class KernelIOAS: KernelIOMMU {
  private let iommufd: FileDescriptor
  private let attached = Mutex<UInt32?>(nil)

  init(_ iommufd: consuming FileDescriptor) {
    self.iommufd = iommufd
  }

  func attach(_ device: borrowing FileDescriptor, recorder: any AccessRecorder) throws(DeviceError) {
    guard attached.withLock({ $0 }) == nil else { return }
    let new = try allocate(recorder)
    let operation = Operation.attach(call: "ATTACH_IOMMUFD_PT")
    try recorder.measure(operation) { (_) throws(DeviceError) in
      var call = cv_device_attach_iommufd_pt(
        argsz: UInt32(MemoryLayout<cv_device_attach_iommufd_pt>.size), flags: 0, pt_id: new)
      _ = try device.ioctl(CV_DEVICE_ATTACH_IOMMUFD_PT, &call, as: operation)
    }
    attached.withLock { $0 = new }
  }

  private func allocate(_ recorder: any AccessRecorder) throws(DeviceError) -> UInt32 {
    let operation = Operation.attach(call: "IOAS_ALLOC")
    return try recorder.measure(operation) { (outcome) throws(DeviceError) in
      var call = cv_ioas_alloc(size: UInt32(MemoryLayout<cv_ioas_alloc>.size), flags: 0, out_ioas_id: 0)
      _ = try iommufd.ioctl(CV_IOAS_ALLOC, &call, as: operation)
      outcome.result = Int(call.out_ioas_id)
      return call.out_ioas_id
    }
  }

  /// 0, the number of no object, before there is one: the kernel then answers `ENOENT`.
  private var id: UInt32 { attached.withLock { $0 } ?? 0 }

  /// The page sizes are told as an alignment here. There is no log.
  func info() throws(DeviceError) -> AddressSpaceInfo {
    var call = cv_ioas_iova_ranges()
    call.size = UInt32(MemoryLayout<cv_ioas_iova_ranges>.size)
    call.ioas_id = id
    // Without room for the ranges it says so, and tells the alignment all the same.
    _ = try unless(.EMSGSIZE) { () throws(DeviceError) in
      try iommufd.ioctl(CV_IOAS_IOVA_RANGES, &call, as: .addressSpaceInfo)
    }
    return AddressSpaceInfo(pageSizes: call.out_iova_alignment == 0 ? 0 : ~(call.out_iova_alignment - 1), logging: nil)
  }

  func map(_ address: UInt64, as range: DMARange) throws(DeviceError) {
    let flags = UInt32(CV_IOAS_MAP_FIXED_IOVA | CV_IOAS_MAP_WRITEABLE | CV_IOAS_MAP_READABLE)
    var call = cv_ioas_map(
      size: UInt32(MemoryLayout<cv_ioas_map>.size), flags: flags, ioas_id: id, reserved: 0, user_va: address,
      length: range.length, iova: range.iova)
    _ = try iommufd.ioctl(CV_IOAS_MAP, &call, as: .mapDMA(range))
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    let operation = Operation.unmapDMA(range, pageSize: dirty?.pageSize)
    guard dirty == nil else { throw Self.noLog(operation) }
    var call = cv_ioas_unmap(
      size: UInt32(MemoryLayout<cv_ioas_unmap>.size), ioas_id: id, iova: range.iova, length: range.length)
    _ = try iommufd.ioctl(CV_IOAS_UNMAP, &call, as: operation)
  }

  func startLogging() throws(DeviceError) { throw Self.noLog(.dirtyPagesStart) }

  func stopLogging() throws(DeviceError) { throw Self.noLog(.dirtyPagesStop) }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    throw Self.noLog(.dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize))
  }

  func attempt(_ call: DirtyCall) throws(DeviceError) { throw Self.noLog(.dirtyCall(call)) }

  /// iommufd logs for page tables of the IOMMU's own (HWPT), where the IOMMU can; mediated devices have none.
  private static func noLog(_ operation: Operation) -> DeviceError {
    DeviceError(
      operation,
      .absent("an iommufd keeps no log of dirty pages; the container does, when the device is opened by group"))
  }
}
