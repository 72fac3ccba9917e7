/// What is asked of a device, or of the kernel to get at it.
///
/// One is kept of every access. What is large, or holds memory of its own, is rare and lies behind a pointer (`indirect`):
/// that keeps all others small, and a copy of them a copy of bytes.
public enum Operation: Sendable, Equatable {
  /// A node is opened.
  indirect case open(path: String)
  /// A call that leads to the device, such as `BIND_IOMMUFD` or `GROUP_SET_CONTAINER`, before the device answers itself.
  indirect case attach(call: String)
  /// `VFIO_DEVICE_GET_INFO`.
  case deviceInfo
  /// `VFIO_DEVICE_GET_REGION_INFO` with a buffer of `argsz` bytes.
  case regionInfo(index: UInt32, argsz: Int)
  /// `VFIO_DEVICE_GET_IRQ_INFO`.
  case interruptInfo(index: UInt32)
  /// `count` bytes are read at `offset` in the region.
  case read(region: UInt32, offset: UInt64, count: Int)
  /// `count` bytes are written at `offset` in the region.
  case write(region: UInt32, offset: UInt64, count: Int)
  /// `count` bytes at `offset` in the region are mapped.
  case map(region: UInt32, offset: UInt64, count: Int)
  /// What was mapped is given back.
  case unmap(region: UInt32, offset: UInt64, count: Int)
  /// `count` bytes at `offset` in the region are read where they are mapped.
  case mappedRead(region: UInt32, offset: UInt64, count: Int)
  /// `count` bytes at `offset` in the region are written where they are mapped.
  case mappedWrite(region: UInt32, offset: UInt64, count: Int)
  /// `VFIO_DEVICE_FEATURE` with these flags; the low 16 bits are the feature's number.
  case feature(argsz: UInt32, flags: UInt32)
  /// `VFIO_DEVICE_RESET`.
  case reset
  /// The device is closed, and opened again.
  case reopen
  /// Up to `count` bytes are read from the data fd.
  case streamRead(count: Int)
  /// `count` bytes are written to the data fd.
  case streamWrite(count: Int)
  /// `poll` on the data fd.
  case streamWait(StreamDirection)
  /// `VFIO_MIG_GET_PRECOPY_INFO` on the data fd.
  case precopyInfo
  /// Something is asked of the data fd's descriptor itself.
  case streamQuestion(StreamQuestion)
  /// The data fd is closed.
  case streamClose
  /// A message of vfio-user with so many bytes behind its header, made outside of the device's own calls.
  case message(WireCommand, count: Int)
  /// What an address space can do: `IOMMU_GET_INFO`, or what stands in its place.
  case addressSpaceInfo
  /// Memory of ours is given to the device: `IOMMU_MAP_DMA`.
  case mapDMA(DMARange)
  /// It is taken away, with a bitmap of pages of this size if asked for: `IOMMU_UNMAP_DMA`.
  indirect case unmapDMA(DMARange, pageSize: UInt64?)
  /// `IOMMU_DIRTY_PAGES` with START.
  case dirtyPagesStart
  /// `IOMMU_DIRTY_PAGES` with STOP.
  case dirtyPagesStop
  /// `IOMMU_DIRTY_PAGES` with GET_BITMAP.
  case dirtyPagesGet(DMARange, pageSize: UInt64)
  /// `IOMMU_DIRTY_PAGES` or `IOMMU_UNMAP_DMA` with arguments that may be wrong.
  indirect case dirtyCall(DirtyCall)
  /// Feature DMA_LOGGING_START.
  indirect case startLogging(ranges: [DMARange], pageSize: UInt64)
  /// Feature DMA_LOGGING_STOP.
  case stopLogging
  /// Feature DMA_LOGGING_REPORT.
  case reportLogging(DMARange, pageSize: UInt64)
}

extension Operation: CustomStringConvertible {
  /// One line in the kernel's words, for messages, the trace and the journal.
  public var description: String {
    switch self {
    case .open(let path): "open \(path)"
    case .attach(let call): call
    case .deviceInfo: "GET_INFO"
    case .regionInfo(let index, let argsz): "GET_REGION_INFO index \(index) argsz \(argsz)"
    case .interruptInfo(let index): "GET_IRQ_INFO index \(index)"
    case .read(let region, let offset, let count): "read \(Self.part(region, offset, count))"
    case .write(let region, let offset, let count): "write \(Self.part(region, offset, count))"
    case .map(let region, let offset, let count): "map \(Self.part(region, offset, count))"
    case .unmap(let region, let offset, let count): "unmap \(Self.part(region, offset, count))"
    case .mappedRead(let region, let offset, let count): "read mapped \(Self.part(region, offset, count))"
    case .mappedWrite(let region, let offset, let count): "write mapped \(Self.part(region, offset, count))"
    case .feature(let argsz, let flags): "FEATURE \(FeatureFlags(rawValue: flags)) argsz \(argsz)"
    case .reset: "RESET"
    case .reopen: "close and open again"
    case .streamRead(let count): "read data fd \(count) bytes"
    case .streamWrite(let count): "write data fd \(count) bytes"
    case .streamWait(let direction): "wait for data fd, \(direction)"
    case .precopyInfo: "MIG_GET_PRECOPY_INFO"
    case .streamQuestion(let question): "data fd \(question)"
    case .streamClose: "close data fd"
    case .message(let command, let count): "message \(command.name) \(count) bytes"
    case .addressSpaceInfo: "IOMMU_GET_INFO"
    case .mapDMA(let range): "MAP_DMA \(range)"
    case .unmapDMA(let range, nil): "UNMAP_DMA \(range)"
    case .unmapDMA(let range, let pageSize?): "UNMAP_DMA \(range) with bitmap, page size \(pageSize)"
    case .dirtyPagesStart: "DIRTY_PAGES START"
    case .dirtyPagesStop: "DIRTY_PAGES STOP"
    case .dirtyPagesGet(let range, let pageSize): "DIRTY_PAGES GET_BITMAP \(range) page size \(pageSize)"
    case .dirtyCall(let call): "\(call)"
    case .startLogging(let ranges, let pageSize):
      "FEATURE SET DMA_LOGGING_START \(ranges.count) \(ranges.count == 1 ? "range" : "ranges") page size \(pageSize)"
    case .stopLogging: "FEATURE SET DMA_LOGGING_STOP"
    case .reportLogging(let range, let pageSize): "FEATURE GET DMA_LOGGING_REPORT \(range) page size \(pageSize)"
    }
  }

  private static func part(_ region: UInt32, _ offset: UInt64, _ count: Int) -> String {
    "region \(region) +0x\(String(offset, radix: 16)) \(count) bytes"
  }
}
