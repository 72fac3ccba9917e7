import Synchronization

/// A device that records and times every access to another one: what the journal and the trace live on.
public final class RecordingDevice: Device {
  private let device: any Device
  private let recorder: any AccessRecorder

  /// Records what goes to `device` in `recorder`.
  public init(_ device: any Device, recorder: any AccessRecorder) {
    self.device = device
    self.recorder = recorder
  }

  /// Asks the device and records it.
  public func info() throws(DeviceError) -> DeviceInfo {
    try recorder.measure(.deviceInfo) { (outcome) throws(DeviceError) in
      let info = try device.info()
      outcome.keep([info.flags, info.regionCount, info.interruptCount].flatMap([UInt8].init(number:)))
      return info
    }
  }

  /// Asks the device and records it.
  public func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    try recorder.measure(.regionInfo(index: index, argsz: argsz)) { (outcome) throws(DeviceError) in
      let reply = try device.regionInfo(index, argsz: argsz)
      outcome.keep(reply)
      return reply
    }
  }

  /// Asks the device and records it.
  public func interruptInfo(_ index: UInt32) throws(DeviceError) -> InterruptInfo {
    try recorder.measure(.interruptInfo(index: index)) { (outcome) throws(DeviceError) in
      let info = try device.interruptInfo(index)
      outcome.keep([UInt8](number: info.flags) + [UInt8](number: info.count))
      return info
    }
  }

  /// The device's own memory.
  public func shareable(_ region: Region) -> SharedMemory? { device.shareable(region) }

  /// Asks the device and records it.
  public func read(
    _ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan
  ) throws(DeviceError) -> Int {
    let operation = Operation.read(region: region.index, offset: offset, count: buffer.byteCount)
    return try recorder.measure(operation) { (outcome) throws(DeviceError) in
      outcome.register = region.register(at: offset)
      let got = try device.read(region, at: offset, into: &buffer)
      outcome.result = got
      outcome.keep(buffer.bytes.extracting(first: max(0, got)))
      return got
    }
  }

  /// Asks the device and records it.
  public func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.write(region: region.index, offset: offset, count: buffer.byteCount)
    return try recorder.measure(operation) { (outcome) throws(DeviceError) in
      outcome.register = region.register(at: offset)
      outcome.keep(buffer)
      outcome.result = try device.write(region, at: offset, from: buffer)
      return outcome.result
    }
  }

  /// Asks the device and records it. Of the window, giving it back is recorded, the copies are not.
  public func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    let window = try recorder.measure(.map(region: region.index, offset: offset, count: count)) {
      (outcome) throws(DeviceError) in
      let window = try device.map(region, offset: offset, count: count)
      outcome.result = window.count
      return window
    }
    return RecordingWindow(
      window, recorder: recorder, unmapping: .unmap(region: region.index, offset: offset, count: count))
  }

  /// Asks the device and records it.
  public func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    try recorder.measure(.feature(argsz: argsz, flags: flags)) { (outcome) throws(DeviceError) in
      outcome.keep(data)
      defer { outcome.keep(data) }
      outcome.result = try device.feature(argsz: argsz, flags: flags, data: &data)
      return outcome.result
    }
  }

  /// Asks the device and records it.
  public func reset() throws(DeviceError) {
    try recorder.measure(.reset) { (_) throws(DeviceError) in try device.reset() }
  }

  /// Asks the device and records it, behind the calls that led to the device again.
  public func reopen() throws(DeviceError) {
    try recorder.measure(.reopen) { (_) throws(DeviceError) in try device.reopen() }
  }

  /// The device's stream, recorded too.
  public func stream(taking dataFD: Int32) -> any DataStream {
    RecordingStream(device.stream(taking: dataFD), recorder: recorder)
  }

  /// The device's conversation, recorded too.
  public var wire: WireProbe? { device.wire?.recorded(by: recorder) }

  /// The device's.
  public var wireInterference: WireInterference? { device.wireInterference }

  /// The device's address space, recorded too. How it is come by is for the device to record.
  public func addressSpace() throws(DeviceError) -> any AddressSpace {
    RecordingAddressSpace(try device.addressSpace(), recorder: recorder)
  }

  /// Asks the device and records it.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    try recorder.measure(.startLogging(ranges: ranges, pageSize: pageSize)) { (outcome) throws(DeviceError) in
      let granted = try device.startLogging(ranges, pageSize: pageSize)
      outcome.keep([UInt8](number: granted))
      return granted
    }
  }

  /// Asks the device and records it.
  public func stopLogging() throws(DeviceError) {
    try recorder.measure(.stopLogging) { (_) throws(DeviceError) in try device.stopLogging() }
  }

  /// Asks the device and records it: the result is how many pages are dirty.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    let operation = Operation.reportLogging(bitmap.range, pageSize: bitmap.pageSize)
    try recorder.measure(operation) { (outcome) throws(DeviceError) in
      try device.reportLogging(into: &bitmap)
      outcome.result = bitmap.dirtyCount
    }
  }
}

/// A data fd whose every access is recorded.
final class RecordingStream: DataStream {
  private let stream: any DataStream
  private let recorder: any AccessRecorder
  private let isOpen = Atomic(true)

  init(_ stream: any DataStream, recorder: any AccessRecorder) {
    self.stream = stream
    self.recorder = recorder
  }

  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    try recorder.measure(.streamRead(count: buffer.byteCount)) { (outcome) throws(DeviceError) in
      let got = try stream.read(into: &buffer)
      outcome.result = got
      outcome.keep(buffer.bytes.extracting(first: max(0, got)))
      return got
    }
  }

  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    try recorder.measure(.streamWrite(count: buffer.byteCount)) { (outcome) throws(DeviceError) in
      outcome.keep(buffer)
      outcome.result = try stream.write(buffer)
      return outcome.result
    }
  }

  /// It is no access at all.
  func askNoMore() -> Bool { stream.askNoMore() }

  /// It is no access of its own.
  func flush() throws(DeviceError) { try stream.flush() }

  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    try recorder.measure(.streamWait(direction)) { (outcome) throws(DeviceError) in
      let ready = try stream.wait(for: direction, until: deadline)
      outcome.result = ready ? 1 : 0
      return ready
    }
  }

  func precopyInfo() throws(DeviceError) -> PrecopyInfo {
    try recorder.measure(.precopyInfo) { (outcome) throws(DeviceError) in
      let info = try stream.precopyInfo()
      outcome.keep([UInt8](number: info.initialBytes) + [UInt8](number: info.dirtyBytes))
      return info
    }
  }

  func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply {
    try recorder.measure(.streamQuestion(question)) { (outcome) throws(DeviceError) in
      let reply = try stream.ask(question)
      outcome.result = reply.number
      outcome.keep(reply.bytes)
      return reply
    }
  }

  func close() {
    // A second time nothing happens, and there is nothing to record.
    guard isOpen.exchange(false, ordering: .relaxed) else { return }
    // A closed stream can't fail to close; the record only says when.
    try? recorder.measure(.streamClose) { (_) throws(DeviceError) in stream.close() }
  }
}
