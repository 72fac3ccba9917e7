import VFIO

/// Which pages were written between two looks at the log.
public struct DirtyReport: Sendable, Equatable {
  /// The pages written since the report before, or since logging began. All of them after a failure.
  public let bitmap: DirtyBitmap
  /// How many pages were written at least once since logging began.
  public let unionCount: Int
  /// Since logging began.
  public let elapsed: Duration
  /// Since the report before.
  public let interval: Duration
  /// Why the log could not be read. Then every page has to be taken for written (linux/vfio.h).
  public let failure: DeviceError?

  /// How many pages were written.
  public var dirtyCount: Int { bitmap.dirtyCount }

  /// Bytes a second in which the pages were written: what would have to be copied again. A page counts once, however
  /// often it was written.
  public var rate: Double {
    let seconds = interval / .seconds(1)
    return seconds > 0 ? Double(dirtyCount) * Double(bitmap.pageSize) / seconds : 0
  }
}

/// What a watch came to, and whether everything was given back.
public struct DirtyEnding: Sendable, Equatable {
  /// The pages written at least once.
  public let union: DirtyBitmap
  /// How many pages the container reported with the unmapping; nil when the device logged, or when that failed.
  public let unmapCount: Int?
  /// Whether a log failed, so that every page had to be taken for written.
  public let isAllAssumed: Bool
  /// Whether logging is off.
  public let isLoggingStopped: Bool
  /// Whether the device can't reach the memory any more.
  public let isUnmapped: Bool
  /// From the start of logging to its end.
  public let elapsed: Duration
  /// What failed at the end.
  public let failures: [DeviceError]
}
