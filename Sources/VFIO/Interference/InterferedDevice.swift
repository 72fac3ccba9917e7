import Synchronization

/// A device with something between it and who uses it. What that is can be changed at any time, from any thread.
public final class InterferedDevice: Device {
  private let device: any Device
  private let current: Mutex<Interference?>
  /// Whether anything comes between: a device that is left alone is as fast as without this.
  private let isActive: Atomic<Bool>

  /// Stands in front of `device`, and lets everything through until it is told otherwise.
  public init(_ device: any Device, _ interference: Interference? = nil) {
    self.device = device
    current = Mutex(interference)
    isActive = Atomic(interference != nil)
  }

  /// From the next call on; nil lets everything through.
  public func interfere(_ interference: Interference?) {
    current.withLock { current in
      current = interference
      isActive.store(interference != nil, ordering: .releasing)
    }
  }

  var interference: Interference? { isActive.load(ordering: .acquiring) ? current.withLock { $0 } : nil }

  // MARK: what the device says of itself

  /// The device's answer, or what is made of it.
  public func info() throws(DeviceError) -> DeviceInfo {
    guard let hook = interference?.info else { return try device.info() }
    return try hook((), { [device] in result { () throws(DeviceError) in try device.info() } }).get()
  }

  /// The device's answer, or what is made of it.
  public func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    guard let hook = interference?.regionInfo else { return try device.regionInfo(index, argsz: argsz) }
    return try hook(RegionInfoCall(index: index, argsz: argsz)) { [device] call in
      result { () throws(DeviceError) in try device.regionInfo(call.index, argsz: call.argsz) }
    }.get()
  }

  /// The device's answer.
  public func interruptInfo(_ index: UInt32) throws(DeviceError) -> InterruptInfo { try device.interruptInfo(index) }

  // MARK: regions

  /// The device's answer, or what is made of it.
  public func read(_ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    guard let hook = interference?.read else { return try device.read(region, at: offset, into: &buffer) }
    let asked = RegionCall(region: region, offset: offset, count: buffer.byteCount)
    let bytes = try hook(asked) { [device] call in
      result { () throws(DeviceError) in try device.bytes(in: call.region, at: call.offset, count: call.count) }
    }.get()
    return buffer.take(bytes)
  }

  /// The device's answer, or what is made of it.
  public func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    guard let hook = interference?.write else { return try device.write(region, at: offset, from: buffer) }
    let asked = RegionWrite(region: region, offset: offset, bytes: buffer.withUnsafeBytes(Array.init))
    return try hook(asked) { [device] call in
      result { () throws(DeviceError) in try device.write(call.region, at: call.offset, from: call.bytes.span.bytes) }
    }.get()
  }

  /// What is mapped is the device's own: nothing comes between.
  public func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    try device.map(region, offset: offset, count: count)
  }

  /// The device's own memory.
  public func shareable(_ region: Region) -> SharedMemory? { device.shareable(region) }

  // MARK: features, reset, data

  /// The device's answer, or what is made of it.
  public func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    guard let hook = interference?.feature else { return try device.feature(argsz: argsz, flags: flags, data: &data) }
    let answer = hook(FeatureCall(argsz: argsz, flags: FeatureFlags(rawValue: flags), data: data)) { [device] call in
      var data = call.data
      let outcome = result { () throws(DeviceError) in
        _ = try device.feature(argsz: call.argsz, flags: call.flags.rawValue, data: &data)
      }
      return FeatureAnswer(data: data, failure: outcome.failure)
    }
    data = answer.data
    if let failure = answer.failure { throw failure }
    return 0
  }

  /// The device's answer, or what is made of it.
  public func reset() throws(DeviceError) {
    guard let hook = interference?.reset else { return try device.reset() }
    try hook((), { [device] in result { () throws(DeviceError) in try device.reset() } }).get()
  }

  /// The device's answer, or what is made of it.
  public func reopen() throws(DeviceError) {
    guard let hook = interference?.reopen else { return try device.reopen() }
    try hook((), { [device] in result { () throws(DeviceError) in try device.reopen() } }).get()
  }

  /// The device's stream, with the same in front of it.
  public func stream(taking dataFD: Int32) -> any DataStream {
    InterferedStream(device.stream(taking: dataFD), of: self)
  }

  // MARK: the socket

  /// The device's own conversation.
  public var wire: WireProbe? { device.wire }

  /// What stands between a server of this device and its clients.
  public var wireInterference: WireInterference? { interference?.wire ?? device.wireInterference }

  // MARK: DMA

  /// The device's answer, or what is made of it.
  public func addressSpace() throws(DeviceError) -> any AddressSpace {
    guard let hook = interference?.addressSpace else { return try device.addressSpace() }
    return try hook((), { [device] in result { () throws(DeviceError) in try device.addressSpace() } }).get()
  }

  /// The device's answer, or what is made of it.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    guard let hook = interference?.startLogging else { return try device.startLogging(ranges, pageSize: pageSize) }
    return try hook(LoggingCall(ranges: ranges, pageSize: pageSize)) { [device] call in
      result { () throws(DeviceError) in try device.startLogging(call.ranges, pageSize: call.pageSize) }
    }.get()
  }

  /// The device's answer, or what is made of it.
  public func stopLogging() throws(DeviceError) {
    guard let hook = interference?.stopLogging else { return try device.stopLogging() }
    try hook((), { [device] in result { () throws(DeviceError) in try device.stopLogging() } }).get()
  }

  /// The device's answer, or what is made of it.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    guard let hook = interference?.reportLogging else { return try device.reportLogging(into: &bitmap) }
    bitmap = try hook(bitmap) { [device] asked in
      var bitmap = asked
      let outcome = result { () throws(DeviceError) in try device.reportLogging(into: &bitmap) }
      return outcome.map { bitmap }
    }.get()
  }
}

/// A data fd with something between it and who uses it.
final class InterferedStream: DataStream {
  private let stream: any DataStream
  private let device: InterferedDevice

  init(_ stream: any DataStream, of device: InterferedDevice) {
    (self.stream, self.device) = (stream, device)
  }

  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    guard let hook = device.interference?.streamRead else { return try stream.read(into: &buffer) }
    let bytes = try hook(buffer.byteCount) { [stream] count in
      var bytes = [UInt8](repeating: 0, count: count)
      let outcome = result { () throws(DeviceError) in
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        return try stream.read(into: &raw)
      }
      return outcome.map { Array(bytes.prefix($0)) }
    }.get()
    return buffer.take(bytes)
  }

  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    guard let hook = device.interference?.streamWrite else { return try stream.write(buffer) }
    return try hook(buffer.withUnsafeBytes(Array.init)) { [stream] bytes in
      result { () throws(DeviceError) in try stream.write(bytes.span.bytes) }
    }.get()
  }

  func askNoMore() -> Bool { stream.askNoMore() }

  func flush() throws(DeviceError) { try stream.flush() }

  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    try stream.wait(for: direction, until: deadline)
  }

  func precopyInfo() throws(DeviceError) -> PrecopyInfo {
    guard let hook = device.interference?.precopyInfo else { return try stream.precopyInfo() }
    return try hook((), { [stream] in result { () throws(DeviceError) in try stream.precopyInfo() } }).get()
  }

  func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply {
    guard let hook = device.interference?.streamQuestion else { return try stream.ask(question) }
    return try hook(question) { [stream] question in
      result { () throws(DeviceError) in try stream.ask(question) }
    }.get()
  }

  func close() { stream.close() }
}

/// What a call returned or threw.
func result<R>(_ call: () throws(DeviceError) -> R) -> Result<R, DeviceError> {
  do throws(DeviceError) {
    return .success(try call())
  } catch {
    return .failure(error)
  }
}

extension Result {
  fileprivate var failure: Failure? {
    switch self {
    case .success: nil
    case .failure(let failure): failure
    }
  }
}

extension MutableRawSpan {
  /// Takes as many of these bytes as there is room for.
  fileprivate mutating func take(_ bytes: [UInt8]) -> Int {
    let count = Swift.min(byteCount, bytes.count)
    withUnsafeMutableBytes { $0.copyBytes(from: bytes.prefix(count)) }
    return count
  }
}
