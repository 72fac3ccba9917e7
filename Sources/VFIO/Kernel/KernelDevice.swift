import CVFIO
import Synchronization

/// A device of the running kernel, opened by its own node and iommufd, or through its group and a container.
public final class KernelDevice: Device {
  /// Shorter reads go through a guarded buffer; a page and more is data, not registers.
  private static let guardedLimit = 4096

  private let held: Mutex<KernelHold?>
  private let opening: KernelHold.Opening
  private let recorder: any AccessRecorder

  /// Opens the device.
  ///
  /// - Parameter recorder: gets the calls that lead to the address space; the device's own are for the caller to record.
  init(recorder: any AccessRecorder, opening: @escaping KernelHold.Opening) throws(DeviceError) {
    held = Mutex(try opening())
    self.opening = opening
    self.recorder = recorder
  }

  /// What is open of the device, for this call. `EBADF` when it was closed and could not be opened again.
  func hold(_ operation: Operation) throws(DeviceError) -> KernelHold {
    guard let hold = held.withLock({ $0 }) else { throw DeviceError(operation, .EBADF) }
    return hold
  }

  /// Closes the device's descriptor and all that led to it, and opens it the same way.
  public func reopen() throws(DeviceError) {
    held.withLock { $0 = nil }
    let new = try opening()
    held.withLock { $0 = new }
  }

  /// `VFIO_DEVICE_GET_INFO`.
  public func info() throws(DeviceError) -> DeviceInfo {
    var info = cv_device_info()
    info.argsz = UInt32(MemoryLayout<cv_device_info>.size)
    _ = try hold(.deviceInfo).device.ioctl(CV_DEVICE_GET_INFO, &info, as: .deviceInfo)
    return DeviceInfo(flags: info.flags, regionCount: info.num_regions, interruptCount: info.num_irqs)
  }

  /// `VFIO_DEVICE_GET_REGION_INFO`.
  public func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: max(argsz, MemoryLayout<cv_region_info>.size))
    buffer.put(number: UInt32(argsz), at: 0)
    buffer.put(number: index, at: 8)
    let operation = Operation.regionInfo(index: index, argsz: argsz)
    _ = try hold(operation).device.ioctl(CV_DEVICE_GET_REGION_INFO, buffer: &buffer, as: operation)
    return buffer
  }

  /// `pread` at the region's place on the device's descriptor.
  public func read(
    _ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan
  ) throws(DeviceError) -> Int {
    let place = region.offset &+ offset
    let operation = Operation.read(region: region.index, offset: offset, count: buffer.byteCount)
    let hold = try hold(operation)
    guard buffer.byteCount >= Self.guardedLimit else {
      return try GuardedBuffer.fill(&buffer, as: operation) { (bytes) throws(DeviceError) in
        try hold.device.read(at: place, into: bytes, as: operation)
      }
    }
    return try buffer.withUnsafeMutableBytes { (bytes) throws(DeviceError) in
      try hold.device.read(at: place, into: bytes, as: operation)
    }
  }

  /// `pwrite` at the region's place on the device's descriptor.
  public func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.write(region: region.index, offset: offset, count: buffer.byteCount)
    let hold = try hold(operation)
    return try buffer.withUnsafeBytes { (bytes) throws(DeviceError) in
      try hold.device.write(at: region.offset &+ offset, from: bytes, as: operation)
    }
  }

  /// `mmap` at the region's place on the device's descriptor.
  public func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    try region.checkMap(offset: offset, count: count)
    let operation = Operation.map(region: region.index, offset: offset, count: count)
    let mapping = try Mapping(
      hold(operation).device, at: region.offset + offset, count: count, access: region.flags, as: operation)
    return MemoryWindow(mapping, of: region, at: offset, count: count)
  }

  /// `VFIO_DEVICE_FEATURE`.
  public func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    let header = MemoryLayout<cv_device_feature>.size
    // The kernel may copy argsz bytes: a caller that names more than it brought gets zeroes behind its data.
    var buffer = [UInt8](number: argsz) + [UInt8](number: flags) + data
    let missing = min(Int(argsz), 64 * 1024) - buffer.count
    if missing > 0 { buffer.append(contentsOf: repeatElement(0, count: missing)) }
    let count = data.count
    defer { data = Array(buffer[header..<header + count]) }
    let operation = Operation.feature(argsz: argsz, flags: flags)
    return try hold(operation).device.ioctl(CV_DEVICE_FEATURE, buffer: &buffer, as: operation)
  }

  /// `VFIO_DEVICE_RESET`.
  public func reset() throws(DeviceError) {
    _ = try hold(.reset).device.ioctl(CV_DEVICE_RESET, as: .reset)
  }

  /// Takes over the descriptor of a data session.
  public func stream(taking dataFD: Int32) -> any DataStream {
    KernelStream(FileDescriptor(owning: dataFD))
  }

  /// The container's address space, or one of the iommufd's.
  public func addressSpace() throws(DeviceError) -> any AddressSpace {
    let hold = try hold(.attach(call: "address space"))
    try hold.iommu.attach(hold.device, recorder: recorder)
    return KernelAddressSpace(hold.iommu, recorder: recorder)
  }
}

/// What is open of a device of the kernel; all of it is closed with the last who holds it.
final class KernelHold: Sendable {
  /// Opens a device.
  typealias Opening = @Sendable () throws(DeviceError) -> KernelHold

  /// The device's own descriptor.
  let device: FileDescriptor
  /// How it is given memory.
  let iommu: any KernelIOMMU

  init(_ device: consuming FileDescriptor, iommu: any KernelIOMMU) {
    self.device = device
    self.iommu = iommu
  }
}
