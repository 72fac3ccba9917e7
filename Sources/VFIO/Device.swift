/// What VFIO gives of one device, whatever stands behind it: a kernel's driver, a vfio-user server, the simulator.
///
/// The calls block until the device has answered. A device may be used from one thread at a time; the wrapper types
/// (`RecordingDevice` and others) are devices too and go around any of them.
public protocol Device: AnyObject, Sendable {
  /// The device's general description (`VFIO_DEVICE_GET_INFO`).
  func info() throws(DeviceError) -> DeviceInfo

  /// One `VFIO_DEVICE_GET_REGION_INFO` with a buffer of `argsz` bytes (32 or more).
  ///
  /// Use `region(_:)`, which asks twice when the capabilities did not fit.
  /// - Returns: the buffer as the device left it, `argsz` bytes long.
  func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8]

  /// `VFIO_DEVICE_GET_IRQ_INFO`.
  func interruptInfo(_ index: UInt32) throws(DeviceError) -> InterruptInfo

  /// Reads `buffer.byteCount` bytes at `offset` in the region, in one access.
  ///
  /// - Returns: the number of bytes that came.
  func read(_ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan) throws(DeviceError) -> Int

  /// Writes all of `buffer` at `offset` in the region, in one access.
  ///
  /// - Returns: the number of bytes taken.
  func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int

  /// Maps `count` bytes at `offset` in the region. Neither need be page aligned; the window is exactly what was asked
  /// for.
  ///
  /// Fails with `ENOTSUP` when the region does not let itself be mapped, and with a reason in words when it is not
  /// these bytes that it lets be mapped (`Region.checkMap(offset:count:)`).
  func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow

  /// The memory behind the parts of a region that may be mapped, when it can be passed to another process to be mapped
  /// there: byte n of the file behind it is byte n of the region. Nil when there is none, as for a region of a real device.
  func shareable(_ region: Region) -> SharedMemory?

  /// `VFIO_DEVICE_FEATURE` as it is: `argsz` and `flags` go out unchanged, `data` follows them and holds afterwards
  /// what the device put there, also when the call failed. `get`, `set` and `offers` are the usual ways to call it.
  func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int

  /// `VFIO_DEVICE_RESET`. The device's migration state and any open data session are lost.
  func reset() throws(DeviceError)

  /// Closes the device and opens it again, as one user does who lets go of it and another one who comes next.
  ///
  /// What is left of its migration is the driver's affair: with most drivers a device that is opened runs, and all data
  /// sessions are over. Who maps a part of the device, or holds its address space, keeps it from being closed. When it
  /// can't be opened again, every later call fails. `ENOTSUP` when there is no way to open it anew.
  func reopen() throws(DeviceError)

  /// Takes over the data fd that a state change of protocol v2 returned. The number means nothing afterwards; the
  /// stream closes it.
  func stream(taking dataFD: Int32) -> any DataStream

  /// The address space in which the device does DMA. A device that has none yet gets one with the first call: before
  /// that it can do no DMA. `ENOTTY` when there can be none.
  func addressSpace() throws(DeviceError) -> any AddressSpace

  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_START`: from now on the device itself notes what it writes in `ranges`.
  ///
  /// - Parameter pageSize: what one bit should stand for, in bytes.
  /// - Returns: the page size the device chose.
  func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64

  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP`.
  func stopLogging() throws(DeviceError)

  /// `VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT`: sets the bits of the pages that were written since the last report. Bits
  /// that are set stay so. After an error all pages count as written.
  func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError)

  /// The conversation with the server, for messages as they are; nil when the device is not behind a vfio-user socket.
  var wire: WireProbe? { get }

  /// What stands between a vfio-user server of this device and its clients; nil when nothing does.
  var wireInterference: WireInterference? { get }
}

extension Device {
  /// `ENOTSUP`: there is no way.
  public func reopen() throws(DeviceError) { throw DeviceError(.reopen, .ENOTSUP) }
  /// There is no socket.
  public var wire: WireProbe? { nil }
  /// Messages go through as they are.
  public var wireInterference: WireInterference? { nil }
}

/// Which way a data fd is used.
public enum StreamDirection: String, Sendable {
  /// Data are read from it: the device is being saved.
  case reading
  /// Data are written to it: the device is being loaded.
  case writing
}

/// The data fd of protocol v2: a stream in one direction. It never waits by itself: a call that can't go on fails with
/// `EAGAIN`, and `wait` waits.
public protocol DataStream: AnyObject, Sendable {
  /// Reads up to `buffer.byteCount` bytes.
  ///
  /// - Returns: the number of bytes that came; 0 is the end in STOP_COPY. `ENOMSG` means "nothing now" in PRE_COPY, `EAGAIN`
  ///   that the data are not ready.
  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int

  /// The device is about to be stopped, and is asked for nothing more before that: over a socket some reads are asked for
  /// ahead.
  ///
  /// - Returns: whether some of those are left: the following `read` hands out what the next of them bring, or says 0, and
  ///   asks for no more. When there are none, as ever where nothing is asked for ahead, `read` asks the device.
  func askNoMore() -> Bool

  /// Writes `buffer`.
  ///
  /// - Returns: the number of bytes taken.
  func write(_ buffer: RawSpan) throws(DeviceError) -> Int

  /// Waits until the device has answered all writes, which over a socket are not waited for one by one, and fails as the
  /// first of them did that failed. Elsewhere there is nothing to wait for.
  func flush() throws(DeviceError)

  /// Waits until a read or a write can go on, or would fail with something else than `EAGAIN`.
  ///
  /// A driver without `poll` is always ready, and so is a device in PRE_COPY that has nothing now (`ENOMSG`) with most
  /// drivers: who reads in a loop has to bound it. Closing the stream meanwhile does not end the wait.
  /// - Parameter deadline: when to give up; nil never does. One that is over lets it look once.
  /// - Returns: false when the deadline came first.
  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool

  /// `VFIO_MIG_GET_PRECOPY_INFO`: only in PRE_COPY and PRE_COPY_P2P, `EINVAL` elsewhere.
  func precopyInfo() throws(DeviceError) -> PrecopyInfo

  /// Asks something of the descriptor itself. `ENOTTY` when there is none, as behind a socket.
  func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply

  /// Closes the data fd. A second call does nothing.
  func close()
}

/// `struct vfio_device_info`.
public struct DeviceInfo: Sendable, Equatable {
  /// `VFIO_DEVICE_FLAGS_RESET`: the device says that it can be reset. Some can though they don't say so.
  public static let flagReset: UInt32 = 1 << 0
  /// `VFIO_DEVICE_FLAGS_PCI`.
  public static let flagPCI: UInt32 = 1 << 1

  /// The flags word.
  public let flags: UInt32
  /// How many regions there are; the migration region of protocol v1 is one of them.
  public let regionCount: UInt32
  /// How many interrupts there are.
  public let interruptCount: UInt32

  /// A description with these values.
  public init(flags: UInt32, regionCount: UInt32, interruptCount: UInt32) {
    self.flags = flags
    self.regionCount = regionCount
    self.interruptCount = interruptCount
  }

  /// Whether the device says that it can be reset.
  public var saysReset: Bool { flags & Self.flagReset != 0 }
}
