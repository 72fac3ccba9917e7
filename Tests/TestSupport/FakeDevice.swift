import Synchronization
import VFIO

/// A device that does what a test says of it, and keeps what was asked of it.
///
/// It has no state machine: it takes every state it is not told to refuse, so that a test looks at the side that asks.
package final class FakeDevice: Device {
  /// What the device has been told to do.
  private struct Behaviour {
    var refusals: [UInt32: Refusal] = [:]
    var regions: [[UInt8]] = []
    var v2Flags: UInt64?
    var state: UInt32 = 0
    var registers: [UInt64: UInt64] = [:]
    var answers: [UInt64: [UInt64]] = [:]
    var empty: UInt64?
    var interruption: (every: Int, count: Int)?
    var streamReads: [StreamAnswer] = []
    var streamWrites: [StreamAnswer] = []
    var mostWritten = Int.max
    var nextDataFD: Int32 = 100
    var opensDataFD: Set<UInt32> = []
    var offersDataSize = false
    var offersReinit = false
    var precopyFlags: UInt32 = 0
    var mapped: SharedMemory?
    var space: FakeAddressSpace?
    var logging: (pageSize: UInt64, dirty: [Int])?
    var dead = false
    var stuck = false

    mutating func nextAnswer(at offset: UInt64) -> UInt64 {
      guard var values = answers[offset], let first = values.first else { return registers[offset] ?? 0 }
      if values.count > 1 { values.removeFirst() }
      answers[offset] = values
      return first
    }
  }

  /// What a data fd answers to one call.
  package enum StreamAnswer: Sendable {
    /// A read gives these bytes.
    case gives([UInt8])
    /// A write takes so many.
    case takes(Int)
    case refuses(Errno)
  }

  private struct Refusal {
    let errno: Errno
    let landing: UInt32?
  }

  private let behaviour: Mutex<Behaviour>
  private let asked = Mutex<[Operation]>([])
  /// How many data fds were closed.
  package let closedStreams = Mutex(0)

  private init(_ behaviour: Behaviour) {
    self.behaviour = Mutex(behaviour)
  }

  /// A device that migrates by protocol v1, in RUNNING, whose registers hold 0.
  package static func v1(region: [UInt8] = RegionReply.migration(size: 65536)) -> FakeDevice {
    let device = FakeDevice(Behaviour(state: V1State.running.rawValue))
    device.behaviour.withLock { $0.regions = [RegionReply.plain(size: 4096), region] }
    return device
  }

  /// A device that migrates by protocol v2, in RUNNING.
  package static func v2(flags: UInt64 = 7) -> FakeDevice {
    let device = FakeDevice(Behaviour(v2Flags: flags, state: V2State.running.rawValue))
    device.behaviour.withLock { $0.regions = [RegionReply.plain(size: 4096)] }
    return device
  }

  /// A device with these answers to GET_REGION_INFO and no migration.
  package static func withRegions(_ replies: [[UInt8]]) -> FakeDevice {
    let device = FakeDevice(Behaviour())
    device.behaviour.withLock { $0.regions = replies }
    return device
  }

  /// It refuses this state with this errno and stays where it is, or lands in another state.
  package func refusing(_ state: V1State, with errno: Errno, landingIn landing: V1State? = nil) -> FakeDevice {
    refuse(state.rawValue, errno, landing?.rawValue)
  }

  /// It refuses this state with this errno and stays where it is, or lands in another state.
  package func refusing(_ state: V2State, with errno: Errno, landingIn landing: V2State? = nil) -> FakeDevice {
    refuse(state.rawValue, errno, landing?.rawValue)
  }

  /// It returns a data fd when it is asked for one of these states.
  package func openingDataFD(for states: V2State...) -> FakeDevice {
    behaviour.withLock { $0.opensDataFD = Set(states.map(\.rawValue)) }
    return self
  }

  /// It says that it takes states but stays where it is.
  package func stuck() -> FakeDevice {
    behaviour.withLock { $0.stuck = true }
    return self
  }

  /// It answers feature MIG_DATA_SIZE.
  package func offeringDataSize() -> FakeDevice {
    behaviour.withLock { $0.offersDataSize = true }
    return self
  }

  /// It answers feature MIG_PRECOPY_INFOv2.
  package func offeringReinit() -> FakeDevice {
    behaviour.withLock { $0.offersReinit = true }
    return self
  }

  /// It sets all flags in its answer to PRECOPY_INFO.
  package func settingPrecopyFlags() -> FakeDevice {
    behaviour.withLock { $0.precopyFlags = .max }
    return self
  }

  /// It lets its regions be mapped: this memory lies at the start of each.
  package func mapping(_ memory: SharedMemory) -> FakeDevice {
    behaviour.withLock { $0.mapped = memory }
    return self
  }

  /// It does DMA in this address space.
  package func reaching(_ space: FakeAddressSpace) -> FakeDevice {
    behaviour.withLock { $0.space = space }
    return self
  }

  /// It logs its DMA: grants this page size, and reports that always the same pages are dirty.
  package func logging(pageSize: UInt64, dirty: [Int]) -> FakeDevice {
    behaviour.withLock { $0.logging = (pageSize, dirty) }
    return self
  }

  /// A register of the migration region holds this value.
  package func holding(_ value: UInt64, at offset: UInt64) -> FakeDevice {
    behaviour.withLock { $0.registers[offset] = value }
    return self
  }

  /// A register of the migration region holds these values one after the other, and the last one from then on.
  package func holding(_ values: [UInt64], at offset: UInt64) -> FakeDevice {
    behaviour.withLock { $0.answers[offset] = values }
    return self
  }

  /// Reads at this offset come to nothing: 0 bytes.
  package func givingNothing(at offset: UInt64) -> FakeDevice {
    behaviour.withLock { $0.empty = offset }
    return self
  }

  /// A signal interrupts so many reads of the region, and reads and writes of the data fd: one in so many, 1 for all.
  package func interruptingOne(in count: Int) -> FakeDevice {
    behaviour.withLock { $0.interruption = (count, 0) }
    return self
  }

  /// It takes so many bytes of data at most with one write.
  package func takingAtMost(_ count: Int) -> FakeDevice {
    behaviour.withLock { $0.mostWritten = count }
    return self
  }

  /// Its data fd answers reads with this, one after the other, and with 0 bytes from then on; writes with that, and
  /// takes all from then on.
  package func streaming(reads: [StreamAnswer] = [], writes: [StreamAnswer] = []) -> FakeDevice {
    behaviour.withLock { ($0.streamReads, $0.streamWrites) = (reads, writes) }
    return self
  }

  /// Its region may be mapped, all of it.
  package func lettingItselfBeMapped() -> FakeDevice {
    behaviour.withLock { behaviour in
      for index in behaviour.regions.indices {
        let flags: UInt32 = behaviour.regions[index].number(at: 4) ?? 0
        behaviour.regions[index].put(number: flags | Region.Flags.map.rawValue, at: 4)
      }
    }
    return self
  }

  /// It is in this state now.
  package func put(in state: UInt32) { behaviour.withLock { $0.state = state } }

  /// From now on every call fails with ENODEV.
  package func die() { behaviour.withLock { $0.dead = true } }

  /// What was asked since the last call of this.
  package func takeAsked() -> [Operation] {
    asked.withLock { asked in
      defer { asked = [] }
      return asked
    }
  }

  private func refuse(_ number: UInt32, _ errno: Errno, _ landing: UInt32?) -> FakeDevice {
    behaviour.withLock { $0.refusals[number] = Refusal(errno: errno, landing: landing) }
    return self
  }

  // MARK: Device

  package func info() throws(DeviceError) -> DeviceInfo {
    try begin(.deviceInfo)
    let count = behaviour.withLock { $0.regions.count }
    return DeviceInfo(flags: DeviceInfo.flagReset | DeviceInfo.flagPCI, regionCount: UInt32(count), interruptCount: 0)
  }

  package func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    let operation = Operation.regionInfo(index: index, argsz: argsz)
    try begin(operation)
    let full = behaviour.withLock { Int(index) < $0.regions.count ? $0.regions[Int(index)] : nil }
    guard let full else { throw DeviceError(operation, .EINVAL) }
    guard full.count > argsz else { return full }
    // As the kernel answers a buffer that is too small: capabilities announced, none given, argsz as needed.
    var short = Array(full.prefix(argsz))
    short.put(number: UInt32(full.count), at: 0)
    short.put(number: UInt32(0), at: 12)
    return short
  }

  package func read(_ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.read(region: region.index, offset: offset, count: buffer.byteCount)
    try begin(operation)
    if offset > 0 { try interrupt(operation) }
    if behaviour.withLock({ $0.empty == offset }) { return 0 }
    let value = behaviour.withLock { offset == 0 ? UInt64($0.state) : $0.nextAnswer(at: offset) }
    let bytes = [UInt8](number: value)
    let count = min(buffer.byteCount, bytes.count)
    for index in 0..<count { buffer.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self) }
    return count
  }

  package func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.write(region: region.index, offset: offset, count: buffer.byteCount)
    try begin(operation)
    if offset >= MigrationRegion.headerSize { try interrupt(operation) }
    let value = buffer.unsafeLoadUnaligned(as: UInt32.self)
    if offset == 0 { try take(value, operation) }
    return offset < MigrationRegion.headerSize ? buffer.byteCount : min(buffer.byteCount, mostWritten)
  }

  package func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    let operation = Operation.map(region: region.index, offset: offset, count: count)
    try begin(operation)
    guard let memory = behaviour.withLock({ $0.mapped }) else { throw DeviceError(operation, .ENOTSUP) }
    return try memory.map(region, offset: offset, count: count, liesAt: 0)
  }

  package func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    let operation = Operation.feature(argsz: argsz, flags: flags)
    try begin(operation)
    let flagSet = FeatureFlags(rawValue: flags)
    let (v2Flags, offersSize, state) = behaviour.withLock { ($0.v2Flags, $0.offersDataSize, $0.state) }
    let offersReinit = behaviour.withLock { $0.offersReinit }
    guard let v2Flags else { throw DeviceError(operation, .ENOTTY) }
    switch FeatureNumber(rawValue: flagSet.index) {
    case .migDataSize where !offersSize: throw DeviceError(operation, .ENOTTY)
    case .migPrecopyInfoV2 where !offersReinit: throw DeviceError(operation, .ENOTTY)
    case .migPrecopyInfoV2: break
    case _ where flagSet.contains(.probe): break
    case .migration: data.put(number: v2Flags, at: 0)
    case .migDataSize: data.put(number: UInt64(96), at: 0)
    case .migDeviceState where flagSet.contains(.get):
      data.put(number: state, at: 0)
      data.put(number: Int32(-1), at: 4)
    case .migDeviceState:
      let number: UInt32 = data.number(at: 0) ?? 0
      data.put(number: Int32(-1), at: 4)
      try take(number, operation)
      if let dataFD = newDataFD(for: number) { data.put(number: dataFD, at: 4) }
    default: throw DeviceError(operation, .ENOTTY)
    }
    return 0
  }

  package func reset() throws(DeviceError) {
    try begin(.reset)
    behaviour.withLock { $0.state = $0.v2Flags == nil ? V1State.running.rawValue : V2State.running.rawValue }
  }

  package func addressSpace() throws(DeviceError) -> any AddressSpace {
    let operation = Operation.attach(call: "address space")
    try begin(operation)
    guard let space = behaviour.withLock({ $0.space }) else { throw DeviceError(operation, .ENOTTY) }
    return space
  }

  package func stream(taking dataFD: Int32) -> any DataStream { FakeStream(self) }

  fileprivate func interrupt(_ operation: Operation) throws(DeviceError) {
    let isDue = behaviour.withLock { behaviour in
      behaviour.interruption?.count += 1
      return behaviour.interruption.map { $0.count.isMultiple(of: $0.every) } ?? false
    }
    if isDue { throw DeviceError(operation, .EINTR) }
  }

  fileprivate func nextRead() -> StreamAnswer? {
    behaviour.withLock { $0.streamReads.isEmpty ? nil : $0.streamReads.removeFirst() }
  }

  fileprivate func nextWrite() -> StreamAnswer? {
    behaviour.withLock { $0.streamWrites.isEmpty ? nil : $0.streamWrites.removeFirst() }
  }

  fileprivate var mostWritten: Int { behaviour.withLock { $0.mostWritten } }

  fileprivate var precopyFlags: UInt32 { behaviour.withLock { $0.precopyFlags } }

  package func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    try beginLogging(.startLogging(ranges: ranges, pageSize: pageSize)).pageSize
  }

  package func stopLogging() throws(DeviceError) { _ = try beginLogging(.stopLogging) }

  package func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    let operation = Operation.reportLogging(bitmap.range, pageSize: bitmap.pageSize)
    for page in try beginLogging(operation).dirty { bitmap[page] = true }
  }

  private func beginLogging(_ operation: Operation) throws(DeviceError) -> (pageSize: UInt64, dirty: [Int]) {
    try begin(operation)
    guard let logging = behaviour.withLock({ $0.logging }) else { throw DeviceError(operation, .ENOTTY) }
    return logging
  }

  private func begin(_ operation: Operation) throws(DeviceError) {
    asked.withLock { $0.append(operation) }
    if behaviour.withLock({ $0.dead }) { throw DeviceError(operation, .ENODEV) }
  }

  private func take(_ number: UInt32, _ operation: Operation) throws(DeviceError) {
    let refusal = behaviour.withLock { behaviour in
      let refusal = behaviour.refusals[number]
      if let landing = refusal?.landing { behaviour.state = landing }
      if refusal == nil && !behaviour.stuck { behaviour.state = number }
      return refusal
    }
    if let refusal { throw DeviceError(operation, refusal.errno) }
  }

  private func newDataFD(for number: UInt32) -> Int32? {
    behaviour.withLock { behaviour in
      guard behaviour.opensDataFD.contains(number) else { return nil }
      behaviour.nextDataFD += 1
      return behaviour.nextDataFD
    }
  }
}

/// A data fd that has 100 initial and 7 dirty bytes to tell of and nothing to give.
final class FakeStream: DataStream {
  private let device: FakeDevice
  private let isOpen = Mutex(true)

  init(_ device: FakeDevice) { self.device = device }

  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.streamRead(count: buffer.byteCount)
    try device.interrupt(operation)
    switch device.nextRead() {
    case .gives(let bytes):
      for index in bytes.indices { buffer.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self) }
      return bytes.count
    case .refuses(let errno): throw DeviceError(operation, errno)
    case .takes, nil: return 0
    }
  }

  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.streamWrite(count: buffer.byteCount)
    try device.interrupt(operation)
    switch device.nextWrite() {
    case .takes(let count): return count
    case .refuses(let errno): throw DeviceError(operation, errno)
    case .gives, nil: return min(buffer.byteCount, device.mostWritten)
    }
  }

  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    true
  }

  func precopyInfo() throws(DeviceError) -> PrecopyInfo {
    PrecopyInfo(flags: device.precopyFlags, initialBytes: 100, dirtyBytes: 7)
  }

  func close() {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    if wasOpen { device.closedStreams.withLock { $0 += 1 } }
  }
}
