/// What comes between a device and who uses it: answers a call itself, or changes what goes in and what comes back.
///
/// Each hook stands around one kind of call and gets it with a way to pass it on. A hook that is nil lets its calls
/// through. Hooks run one at a time.
public struct Interference: Sendable {
  /// Hands a call on to the device.
  public typealias Forward<Asked, Answer> = (Asked) -> Result<Answer, DeviceError>
  /// Stands around one kind of call.
  public typealias Hook<Asked, Answer> = @Sendable (Asked, Forward<Asked, Answer>) -> Result<Answer, DeviceError>

  /// Around `Device.info()`.
  public var info: Hook<Void, DeviceInfo>?
  /// Around `Device.regionInfo(_:argsz:)`: the answer is the buffer.
  public var regionInfo: Hook<RegionInfoCall, [UInt8]>?
  /// Around reading a region: the answer is the bytes that came.
  public var read: Hook<RegionCall, [UInt8]>?
  /// Around writing a region: the answer is the number of bytes taken.
  public var write: Hook<RegionWrite, Int>?
  /// Around `Device.feature(argsz:flags:data:)`: the answer is the buffer, also when the call failed.
  public var feature: (@Sendable (FeatureCall, (FeatureCall) -> FeatureAnswer) -> FeatureAnswer)?
  /// Around `Device.reset()`.
  public var reset: Hook<Void, Void>?
  /// Around `Device.reopen()`.
  public var reopen: Hook<Void, Void>?
  /// Around reading a data fd: at most so many bytes; the answer is the bytes that came.
  public var streamRead: Hook<Int, [UInt8]>?
  /// Around writing a data fd: the answer is the number of bytes taken.
  public var streamWrite: Hook<[UInt8], Int>?
  /// Around `DataStream.precopyInfo()`.
  public var precopyInfo: Hook<Void, PrecopyInfo>?
  /// Around `DataStream.ask(_:)`.
  public var streamQuestion: Hook<StreamQuestion, StreamReply>?
  /// Around `Device.startLogging(_:pageSize:)`: the answer is the page size that was granted.
  public var startLogging: Hook<LoggingCall, UInt64>?
  /// Around `Device.stopLogging()`.
  public var stopLogging: Hook<Void, Void>?
  /// Around `Device.reportLogging(into:)`: the answer is the bitmap.
  public var reportLogging: Hook<DirtyBitmap, DirtyBitmap>?
  /// Around `Device.addressSpace()`.
  public var addressSpace: Hook<Void, any AddressSpace>?
  /// Between a vfio-user server of the device and its clients.
  public var wire: WireInterference?

  /// Is called when it is taken away: calls that it holds have to go on.
  public var ended: (@Sendable () -> Void)?

  /// Lets everything through.
  public init() {}
}

/// One `VFIO_DEVICE_GET_REGION_INFO`.
public struct RegionInfoCall: Sendable, Equatable {
  /// The region's number.
  public var index: UInt32
  /// Bytes of the buffer.
  public var argsz: Int

  /// The call, refused.
  public func refused(_ errno: Errno) -> DeviceError { DeviceError(.regionInfo(index: index, argsz: argsz), errno) }
}

/// A part of a region that is read.
public struct RegionCall: Sendable, Equatable {
  /// The region.
  public var region: Region
  /// Bytes from its start.
  public var offset: UInt64
  /// How many bytes are asked for.
  public var count: Int

  /// The register of protocol v1 that begins here, by its offset; nil when it is something else.
  public var register: UInt64? { region.isMigration && offset < MigrationRegion.headerSize ? offset : nil }

  /// The call, refused.
  public func refused(_ errno: Errno) -> DeviceError {
    DeviceError(.read(region: region.index, offset: offset, count: count), errno)
  }
}

/// Bytes that are written to a region.
public struct RegionWrite: Sendable, Equatable {
  /// The region.
  public var region: Region
  /// Bytes from its start.
  public var offset: UInt64
  /// What is written.
  public var bytes: [UInt8]

  /// The register of protocol v1 that begins here, by its offset; nil when it is something else.
  public var register: UInt64? { region.isMigration && offset < MigrationRegion.headerSize ? offset : nil }

  /// The state that is asked for, when this writes device_state of protocol v1 with its own width.
  public var state: UInt32? {
    register == MigrationRegion.Register.deviceState && bytes.count == 4 ? bytes.number(at: 0) : nil
  }

  /// The call, refused.
  public func refused(_ errno: Errno) -> DeviceError {
    DeviceError(.write(region: region.index, offset: offset, count: bytes.count), errno)
  }
}

/// One `VFIO_DEVICE_FEATURE`.
public struct FeatureCall: Sendable, Equatable {
  /// The size that the caller names.
  public var argsz: UInt32
  /// The feature's number and the operations.
  public var flags: FeatureFlags
  /// What follows them.
  public var data: [UInt8]

  /// Whether it is this feature with exactly these operations.
  public func `is`(_ operations: FeatureFlags, _ number: FeatureNumber) -> Bool {
    flags.rawValue == operations.of(number)
  }

  /// The state that is asked for, when this is SET of MIG_DEVICE_STATE.
  public var state: V2State? {
    guard self.is(.set, .migDeviceState), let number: UInt32 = data.number(at: 0) else { return nil }
    return V2State(rawValue: number)
  }

  /// The call, refused, with the data as they came.
  public func refused(_ errno: Errno) -> FeatureAnswer {
    FeatureAnswer(data: data, failure: DeviceError(.feature(argsz: argsz, flags: flags.rawValue), errno))
  }
}

/// What `VFIO_DEVICE_FEATURE` leaves.
public struct FeatureAnswer: Sendable, Equatable {
  /// The buffer.
  public var data: [UInt8]
  /// Why it failed; nil when it did not.
  public var failure: DeviceError?

  /// An answer with these values.
  public init(data: [UInt8], failure: DeviceError? = nil) {
    self.data = data
    self.failure = failure
  }
}

/// DMA logging is started.
public struct LoggingCall: Sendable, Equatable {
  /// Where.
  public var ranges: [DMARange]
  /// What one bit is to stand for, bytes.
  public var pageSize: UInt64

  /// The call, refused.
  public func refused(_ errno: Errno) -> DeviceError {
    DeviceError(.startLogging(ranges: ranges, pageSize: pageSize), errno)
  }
}
