import Synchronization
import VFIO

/// A device in memory that migrates as the protocols say: for learning, for tests, for scripts.
///
/// Its memory is region 0, so that a device that was saved and restored can be compared with its source.
public final class SimulatedDevice: Device {
  private let machine: Mutex<Machine>
  private let gate = Gate()
  private let defect: Defect?
  /// The faults that its address names, by the words that `DeviceFault` knows. Whoever opens it switches them on.
  public let faults: [String]
  private let layout: RegionLayout
  private let accessLatency: Duration

  /// Opens the device with this address, without the `sim:`: `PROFILE[,option=value…]`.
  ///
  /// - Parameter clock: what tells the time by which the running device changes its memory.
  public static func open(
    _ address: String, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) throws(AddressError) -> SimulatedDevice {
    let address = try Address(address)
    let profile = try ProfileCatalog.profile(named: address.profile)
    return try SimulatedDevice(profile, try Options(address.settings, of: profile), clock)
  }

  private init(
    _ profile: Profile, _ options: Options, _ clock: @escaping @Sendable () -> ContinuousClock.Instant
  ) throws(AddressError) {
    layout = RegionLayout(profile: profile, options: options)
    accessLatency = options.accessLatency
    defect = options.defect
    faults = options.faults
    machine = Mutex(Machine(profile, options, window: try V1Window(profile, options), gate: gate, clock: clock))
  }

  /// The device as its user has it: with its profile's quirks in between, and in front of them the defect that its
  /// address names, if it names one.
  public var withDefect: any Device {
    let quirks = layout.profile.quirks.map { $0(layout.options.state) }
    return Interference.stacked((defect.map { [$0.interference()] } ?? []) + quirks)
      .map { InterferedDevice(self, $0) } ?? self
  }

  /// Takes the device away, as when it is unplugged: calls that hang come back, they and all later ones with ENODEV.
  /// May be called from any thread.
  public func release() {
    gate.release()
  }

  /// PCI, and whether the profile says that the device can be reset.
  public func info() throws(DeviceError) -> DeviceInfo {
    try access(.deviceInfo) { _ in
      let reset = layout.profile.announcesReset ? DeviceInfo.flagReset : 0
      return DeviceInfo(
        flags: DeviceInfo.flagPCI | reset, regionCount: layout.count, interruptCount: InterruptLayout.count)
    }
  }

  /// `EINVAL` for a region that is not there, and for a buffer of less than 32 bytes.
  public func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    try access(.regionInfo(index: index, argsz: argsz)) { (_) throws(Refusal) in
      try RegionReply.bytes(layout.region(index), argsz: argsz)
    }
  }

  /// One INTx, one that tells errors and one that asks for the device; no MSI. `EINVAL` for other kinds.
  public func interruptInfo(_ index: UInt32) throws(DeviceError) -> InterruptInfo {
    try access(.interruptInfo(index: index)) { (_) throws(Refusal) in try InterruptLayout.interrupt(index) }
  }

  /// Reads a region; what goes beyond its end is cut off.
  public func read(_ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.read(region: region.index, offset: offset, count: buffer.byteCount)
    return try access(operation) { (machine) throws(Refusal) in
      try machine.read(region.index, at: offset, into: &buffer)
    }
  }

  /// Writes a region; what goes beyond its end is cut off. Region 0 takes writes only while the device runs.
  public func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.write(region: region.index, offset: offset, count: buffer.byteCount)
    return try access(operation) { (machine) throws(Refusal) in
      try machine.write(region.index, at: offset, from: buffer)
    }
  }

  /// Maps a part of the data window; there is nothing else to be mapped. It can be accessed in every state, and only
  /// means something in a data session, as with the window of a real device.
  public func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    let operation = Operation.map(region: region.index, offset: offset, count: count)
    // What the caller says of the region may be wrong.
    let (own, memory) = try access(operation) { (machine) throws(Refusal) in
      (try layout.region(region.index), machine.window.memory)
    }
    try own.checkMap(offset: offset, count: count)
    guard let memory, let place = layout.profile.migrationRegion else { throw DeviceError(operation, .ENOTSUP) }
    return try SimulatedWindow(
      memory, liesAt: place.dataOffset, of: own, offset: offset, count: count, gate: gate)
  }

  /// The data window of protocol v1, unless the address says that it can't be mapped.
  public func shareable(_ region: Region) -> SharedMemory? {
    guard region.index == layout.profile.migrationRegion?.index, layout.options.map != .no else { return nil }
    return machine.withLock { $0.window.memory }
  }

  /// The features of protocol v2; `ENOTTY` for all others and for a device of protocol v1.
  public func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    try access(.feature(argsz: argsz, flags: flags)) { (machine) throws(Refusal) in
      try machine.feature(argsz: argsz, flags: flags, data: &data)
      return 0
    }
  }

  /// Back to RUNNING, from every state.
  public func reset() throws(DeviceError) {
    try access(.reset) { $0.reset() }
  }

  /// Lets go of the device and opens it again, as the profile's driver does.
  public func reopen() throws(DeviceError) {
    try access(.reopen) { $0.reopen() }
  }

  /// The stream of a data fd. One that was never given out, or is closed, answers `EBADF`.
  public func stream(taking dataFD: Int32) -> any DataStream {
    SimulatedStream(self, taking: dataFD)
  }
}

extension SimulatedDevice {
  /// Where every call goes through: it takes its time, the device does what it has done meanwhile, and then answers.
  func access<R>(
    _ operation: Operation, _ call: (inout Machine) throws(Refusal) -> R
  ) throws(DeviceError) -> R where R: Sendable {
    do throws(Refusal) {
      try gate.pause(accessLatency)
      return try machine.withLock { (machine) throws(Refusal) in
        machine.advance()
        return try call(&machine)
      }
    } catch {
      throw DeviceError(operation, error.errno)
    }
  }

  func close(_ dataFD: Int32) {
    machine.withLock { $0.dataFDs.close(dataFD) }
  }
}

extension V1Window {
  /// The window that these options ask for. In the file behind it, it lies where it does in the region.
  fileprivate init(_ profile: Profile, _ options: Options) throws(AddressError) {
    let place = Int(profile.migrationRegion?.dataOffset ?? 0)
    self.init(memory: options.window == 0 ? nil : SharedMemory(count: options.window, at: place))
    guard options.window == 0 || memory != nil else {
      throw .badValue(option: "window", value: "\(options.window)", expected: "a size that there is memory for")
    }
  }
}
