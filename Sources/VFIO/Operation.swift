/// What is asked of a device, or of the kernel to get at it.
public enum Operation: Sendable, Equatable {
  /// A node is opened.
  case open(path: String)
  /// A call that leads to the device, such as `BIND_IOMMUFD` or `GROUP_SET_CONTAINER`, before the device answers itself.
  case attach(call: String)
  /// `VFIO_DEVICE_GET_INFO`.
  case deviceInfo
  /// `VFIO_DEVICE_GET_REGION_INFO` with a buffer of `argsz` bytes.
  case regionInfo(index: UInt32, argsz: Int)
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
  /// Up to `count` bytes are read from the data fd.
  case streamRead(count: Int)
  /// `count` bytes are written to the data fd.
  case streamWrite(count: Int)
  /// `poll` on the data fd.
  case streamWait(StreamDirection)
  /// `VFIO_MIG_GET_PRECOPY_INFO` on the data fd.
  case precopyInfo
  /// The data fd is closed.
  case streamClose
}

extension Operation: CustomStringConvertible {
  /// One line in the kernel's words, for messages, the trace and the journal.
  public var description: String {
    switch self {
    case .open(let path): "open \(path)"
    case .attach(let call): call
    case .deviceInfo: "GET_INFO"
    case .regionInfo(let index, let argsz): "GET_REGION_INFO index \(index) argsz \(argsz)"
    case .read(let region, let offset, let count): "read \(Self.part(region, offset, count))"
    case .write(let region, let offset, let count): "write \(Self.part(region, offset, count))"
    case .map(let region, let offset, let count): "map \(Self.part(region, offset, count))"
    case .unmap(let region, let offset, let count): "unmap \(Self.part(region, offset, count))"
    case .mappedRead(let region, let offset, let count): "read mapped \(Self.part(region, offset, count))"
    case .mappedWrite(let region, let offset, let count): "write mapped \(Self.part(region, offset, count))"
    case .feature(let argsz, let flags): "FEATURE \(FeatureFlags(rawValue: flags)) argsz \(argsz)"
    case .reset: "RESET"
    case .streamRead(let count): "read data fd \(count) bytes"
    case .streamWrite(let count): "write data fd \(count) bytes"
    case .streamWait(let direction): "wait for data fd, \(direction)"
    case .precopyInfo: "MIG_GET_PRECOPY_INFO"
    case .streamClose: "close data fd"
    }
  }

  private static func part(_ region: UInt32, _ offset: UInt64, _ count: Int) -> String {
    "region \(region) +0x\(String(offset, radix: 16)) \(count) bytes"
  }
}
