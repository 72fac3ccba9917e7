import VFIO

/// Who notes which pages a device has written.
public enum DirtyLog: String, Sendable, CaseIterable {
  /// The address space: dirty page tracking of protocol v1 (`VFIO_IOMMU_DIRTY_PAGES`).
  case container
  /// The device itself: DMA logging of protocol v2 (`VFIO_DEVICE_FEATURE_DMA_LOGGING_START`).
  case device
}

/// What a watch is to look at.
public struct DirtyOptions: Sendable {
  /// Where the device sees our memory, and how much of it there is.
  public var range = DMARange(iova: 0x10_0000, length: 2 << 20)
  /// What one bit should stand for, in bytes. The log may choose another size.
  public var pageSize: UInt64 = 4096
  /// Who is to note; nil takes the device where it can, else the container.
  public var log: DirtyLog?

  /// 2 MiB from 1 MiB on.
  public init() {}

  /// The range has to be whole pages of the address space.
  func check(_ info: AddressSpaceInfo) throws(DirtyFault) {
    guard range.length > 0 else { throw .badRange(range, "it is empty") }
    guard range.last != nil else { throw .badRange(range, "it goes beyond the last address there is") }
    guard range.length <= UInt64(Int.max) else { throw .badRange(range, "it is too long") }
    guard pageSize.nonzeroBitCount == 1 else { throw .badRange(range, "a page size is a power of two") }
    let unit = max(info.pageSizes.smallestPage, pageSize)
    guard range.isAligned(to: unit) else {
      throw .badRange(range, "it has to begin and end at a whole multiple of \(unit) bytes")
    }
  }
}

extension UInt64 {
  /// The smallest of a set of page sizes, in which bit n means 2^n bytes; 4096 when the set is empty.
  var smallestPage: UInt64 { self == 0 ? 4096 : 1 << UInt64(trailingZeroBitCount) }
}

/// Why no dirty pages can be watched.
public enum DirtyFault: Error, Sendable, Equatable {
  /// The device or its address space refused something.
  case device(DeviceError)
  /// The range that was asked for can't be used; the text says why.
  case badRange(DMARange, String)
  /// Neither the device nor its address space notes what is written.
  case noLog
  /// The one that was to note does not; the other one does.
  case otherLogs(DirtyLog, DeviceError)
  /// There is not so much memory.
  case noMemory(UInt64)
}

extension DirtyFault: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .device(let error): "\(error)"
    case .badRange(let range, let why): "the range \(range) can't be used: \(why)"
    case .noLog:
      "neither the device nor its container can log dirty pages; a kernel's device has a container when opened by group"
    case .otherLogs(let log, let error):
      "\(error): the \(log == .device ? "container" : "device") logs no dirty pages, but the \(log.rawValue) does; "
        + "say --by \(log.rawValue)"
    case .noMemory(let count): "there are no \(count) bytes of memory to give to the device"
    }
  }
}

/// Makes a call of a device and gives its error the watch's type.
func forWatch<R>(_ call: () throws(DeviceError) -> R) throws(DirtyFault) -> R {
  do throws(DeviceError) {
    return try call()
  } catch {
    throw .device(error)
  }
}
