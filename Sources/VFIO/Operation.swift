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
  /// `VFIO_DEVICE_FEATURE` with these flags; the low 16 bits are the feature's number.
  case feature(argsz: UInt32, flags: UInt32)
  /// `VFIO_DEVICE_RESET`.
  case reset
  /// Up to `count` bytes are read from the data fd.
  case streamRead(count: Int)
  /// `count` bytes are written to the data fd.
  case streamWrite(count: Int)
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
    case .read(let region, let offset, let count): "read region \(region) \(Self.place(offset)) \(count) bytes"
    case .write(let region, let offset, let count): "write region \(region) \(Self.place(offset)) \(count) bytes"
    case .feature(let argsz, let flags): "FEATURE \(FeatureFlags(rawValue: flags)) argsz \(argsz)"
    case .reset: "RESET"
    case .streamRead(let count): "read data fd \(count) bytes"
    case .streamWrite(let count): "write data fd \(count) bytes"
    case .precopyInfo: "MIG_GET_PRECOPY_INFO"
    case .streamClose: "close data fd"
    }
  }

  private static func place(_ offset: UInt64) -> String { "+0x" + String(offset, radix: 16) }
}
