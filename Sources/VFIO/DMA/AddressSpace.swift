/// The address space in which a device does DMA: memory of ours that it can reach, and, with protocol v1, which of it
/// was written. It belongs to the container of a kernel device, to its iommufd, or to the other side of a vfio-user
/// socket. Letting go of it takes all memory away from the device.
public protocol AddressSpace: AnyObject, Sendable {
  /// What it can do (`VFIO_IOMMU_GET_INFO`, or `IOMMU_IOAS_IOVA_RANGES`).
  func info() throws(DeviceError) -> AddressSpaceInfo

  /// Lets the device reach all of `memory`, for reading and writing, from `iova` on (`VFIO_IOMMU_MAP_DMA`).
  func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError)

  /// The same with memory that is not mapped here, for which the device makes calls. `ENOTSUP` when it can make none.
  func map(reaching memory: any ReachableMemory, at iova: UInt64) throws(DeviceError)

  /// Lets a device made in software do the DMA that is due. Otherwise it does so only when something is asked of it.
  func advance()

  /// Takes it away again (`VFIO_IOMMU_UNMAP_DMA`).
  ///
  /// - Parameter dirty: if given, is asked for with the same call (`VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP`): which pages
  ///   were written since the last look. Its range has to be `range`. Needs logging on.
  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError)

  /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_START`; when it is on, nothing happens.
  func startLogging() throws(DeviceError)

  /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP`; when it is off, nothing happens.
  func stopLogging() throws(DeviceError)

  /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP`: sets the bits of the pages written since the last look, and clears the log.
  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError)

  /// Makes a call about dirty pages with these arguments, right or wrong, to see what is refused. The bits that come back
  /// are thrown away. `ENOTTY` where such calls can't be made.
  func attempt(_ call: DirtyCall) throws(DeviceError)
}

extension AddressSpace {
  /// `ENOTTY`: its calls can't be made with arguments of the caller's own.
  public func attempt(_ call: DirtyCall) throws(DeviceError) {
    throw DeviceError(.dirtyCall(call), .absent("this call can't be made here with any arguments"))
  }
}

/// What an address space says of itself.
public struct AddressSpaceInfo: Sendable, Equatable {
  /// The page sizes it maps: bit n set means 2^n bytes. 0 when it does not say.
  public let pageSizes: UInt64
  /// What it says of dirty page logging (capability MIGRATION); nil when it logs nothing.
  public let logging: Logging?

  /// Dirty page logging of protocol v1.
  public struct Logging: Sendable, Equatable {
    /// The page sizes a bitmap may have, as `pageSizes`.
    public let pageSizes: UInt64
    /// The largest bitmap, in bytes.
    public let maxBitmapSize: UInt64

    /// With these values.
    public init(pageSizes: UInt64, maxBitmapSize: UInt64) {
      self.pageSizes = pageSizes
      self.maxBitmapSize = maxBitmapSize
    }
  }

  /// With these values.
  public init(pageSizes: UInt64, logging: Logging?) {
    self.pageSizes = pageSizes
    self.logging = logging
  }
}
