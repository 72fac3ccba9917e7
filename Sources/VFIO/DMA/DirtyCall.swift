/// A call of an address space about dirty pages, whose arguments go out as they are.
public struct DirtyCall: Sendable, Equatable {
  /// Which call.
  public enum Kind: String, Sendable {
    /// `VFIO_IOMMU_DIRTY_PAGES`.
    case dirtyPages = "DIRTY_PAGES"
    /// `VFIO_IOMMU_UNMAP_DMA`.
    case unmap = "UNMAP_DMA"
  }

  /// The flags of `VFIO_IOMMU_DIRTY_PAGES` (linux/vfio.h).
  public enum LogFlag {
    /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_START`.
    public static let start: UInt32 = 1 << 0
    /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP`.
    public static let stop: UInt32 = 1 << 1
    /// `VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP`.
    public static let getBitmap: UInt32 = 1 << 2
  }

  /// The flags of `VFIO_IOMMU_UNMAP_DMA` (linux/vfio.h).
  public enum UnmapFlag {
    /// `VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP`.
    public static let getBitmap: UInt32 = 1 << 0
    /// `VFIO_DMA_UNMAP_FLAG_ALL`.
    public static let all: UInt32 = 1 << 1
    /// `VFIO_DMA_UNMAP_FLAG_VADDR`.
    public static let address: UInt32 = 1 << 2
  }

  /// Which call.
  public let kind: Kind
  /// Its flags.
  public var flags: UInt32
  /// The range that is named.
  public var range: DMARange
  /// The page size that is named, bytes.
  public var pageSize: UInt64
  /// How large the bitmap is said to be, bytes. How large it really is has nothing to do with it.
  public var bitmapSize: UInt64

  /// A call with these arguments. Without a range, it names none.
  public init(
    _ kind: Kind, flags: UInt32, range: DMARange = DMARange(iova: 0, length: 0), pageSize: UInt64 = 0,
    bitmapSize: UInt64 = 0
  ) {
    self.kind = kind
    self.flags = flags
    self.range = range
    self.pageSize = pageSize
    self.bitmapSize = bitmapSize
  }

  /// The longest range for which there is room for a bitmap, bytes.
  static let rangeLimit: UInt64 = 1 << 30
}

extension DirtyCall: CustomStringConvertible {
  /// `DIRTY_PAGES flags 0x3 0x100000 4096 bytes page size 4096 bitmap 8 bytes`.
  public var description: String {
    "\(kind.rawValue) flags 0x\(String(flags, radix: 16)) \(range) page size \(pageSize) bitmap \(bitmapSize) bytes"
  }
}
