import CVFIO
import Synchronization

/// Features and migration data of the second generation.
extension ServerSession {
  /// Features that the document has for vfio-user.
  private static let features: Set<UInt16> = [
    FeatureNumber.migration.rawValue, FeatureNumber.migDeviceState.rawValue, FeatureNumber.dmaLoggingStart.rawValue,
    FeatureNumber.dmaLoggingStop.rawValue, FeatureNumber.dmaLoggingReport.rawValue,
  ]

  /// DEVICE_FEATURE.
  func useFeature(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let payload = message.payload
    guard let argsz: UInt32 = payload.number(at: 0), let word: UInt32 = payload.number(at: 4),
      Int(argsz) >= payload.count, argsz <= Self.maxDataSize, Self.features.contains(FeatureFlags(rawValue: word).index)
    else { throw Refusal(errno: .EINVAL) }
    let flags = FeatureFlags(rawValue: word)
    let data = Array(payload.dropFirst(8))
    if flags.contains(.probe) {
      try onFeature { (device) throws(DeviceError) in
        var none: [UInt8] = []
        _ = try device.feature(argsz: 8, flags: word, data: &none)
      }
      return Answer(payload: payload)
    }
    switch FeatureNumber(rawValue: flags.index) {
    case .migration, .migDeviceState: return try migrationFeature(flags, payload, data, argsz)
    case .dmaLoggingStart: return try startLogging(flags, payload, data)
    case .dmaLoggingStop:
      guard flags.contains(.set) else { throw Refusal(errno: .EINVAL) }
      try onFeature { (device) throws(DeviceError) in try device.stopLogging() }
      return Answer(payload: payload)
    default: return try reportLogging(flags, payload, data, argsz)
    }
  }

  private func migrationFeature(
    _ flags: FeatureFlags, _ payload: [UInt8], _ data: [UInt8], _ argsz: UInt32
  ) throws(Refusal) -> Answer {
    let isGet = flags.contains(.get)
    guard isGet ? argsz >= 16 : data.count >= 8 else { throw Refusal(errno: .EINVAL) }
    var own = isGet ? [UInt8](repeating: 0, count: 8) : Array(data.prefix(8))
    try onFeature { (device) throws(DeviceError) in
      _ = try device.feature(argsz: 16, flags: flags.rawValue, data: &own)
    }
    guard flags.index == FeatureNumber.migDeviceState.rawValue else {
      return Answer(payload: Array(payload.prefix(8)) + own)
    }
    if !isGet {
      served.opened(own.number(Int32.self, at: 4) ?? -1)
      if let state: UInt32 = data.number(at: 0) { served.entered(V2State(rawValue: state)) }
    }
    // There is no descriptor: the data go by message.
    if isGet { own.put(number: Int32(-1), at: 4) }
    return Answer(payload: isGet ? Array(payload.prefix(8)) + own : payload)
  }

  // MARK: dirty pages

  private func startLogging(_ flags: FeatureFlags, _ payload: [UInt8], _ data: [UInt8]) throws(Refusal) -> Answer {
    let size = MemoryLayout<cu_logging_control>.size
    guard flags.contains(.set), let control: cu_logging_control = data.structure(at: 0),
      data.count == size + Int(control.num_ranges) * 16
    else { throw Refusal(errno: .EINVAL) }
    var ranges = (0..<Int(control.num_ranges)).compactMap { index in
      let iova: UInt64? = data.number(at: size + index * 16)
      let length: UInt64? = data.number(at: size + index * 16 + 8)
      return iova.flatMap { iova in length.map { DMARange(iova: iova, length: $0) } }
    }
    // No range means all memory here, where a kernel refuses it.
    if ranges.isEmpty { ranges = state.withLock { Array($0.memory.keys) } }
    let granted = try onFeature { (device) throws(DeviceError) in
      try device.startLogging(ranges, pageSize: control.page_size)
    }
    var reply = payload
    reply.put(number: granted, at: 8)
    return Answer(payload: reply)
  }

  private func reportLogging(
    _ flags: FeatureFlags, _ payload: [UInt8], _ data: [UInt8], _ argsz: UInt32
  ) throws(Refusal) -> Answer {
    guard flags.contains(.get), let asked: cu_logging_report = data.structure(at: 0),
      asked.page_size.nonzeroBitCount == 1,
      asked.length / asked.page_size <= Self.maxDataSize * 8
    else { throw Refusal(errno: .EINVAL) }
    var bitmap = DirtyBitmap(DMARange(iova: asked.iova, length: asked.length), pageSize: asked.page_size)
    let head = 8 + MemoryLayout<cu_logging_report>.size
    guard Int(argsz) >= head + bitmap.words.count * 8 else { throw Refusal(errno: .EINVAL) }
    try onFeature { (device) throws(DeviceError) in try device.reportLogging(into: &bitmap) }
    return Answer(payload: Array(payload.prefix(head)) + bitmap.bytes)
  }

  /// A kernel says ENOTTY for a feature that is not there; over a socket that is EINVAL.
  private func onFeature<R>(_ call: (any Device) throws(DeviceError) -> R) throws(Refusal) -> R {
    do throws(Refusal) {
      return try onDevice(call)
    } catch {
      throw error.errno == .ENOTTY ? Refusal(errno: .EINVAL) : error
    }
  }

  // MARK: data

  /// MIG_DATA_READ: as much as was asked for. Less means that the data end, or that there is nothing more for now.
  func readData(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (size, stream) = try checkedData(message)
    let isRunning = served.isRunning
    let got = try buffer.withLock { (buffer) throws(Refusal) in
      try onDevice { (_) throws(DeviceError) in try stream.fill(&buffer, count: size, running: isRunning) }
    }
    let head = cu_mig_data(argsz: UInt32(8 + got), size: UInt32(got))
    return Answer(payload: [UInt8].bytes(of: head), dataCount: got)
  }

  /// MIG_DATA_WRITE.
  func writeData(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (size, stream) = try checkedData(message)
    guard message.payload.count >= 8 + size else { throw Refusal(errno: .EINVAL) }
    try onDevice { (_) throws(DeviceError) in
      try stream.take(message.payload.span.bytes.extracting(8..<8 + size))
    }
    return Answer()
  }

  private func checkedData(_ message: ReceivedMessage) throws(Refusal) -> (size: Int, stream: any DataStream) {
    guard let asked: cu_mig_data = message.payload.structure(at: 0),
      Int(asked.size) <= state.withLock({ $0.maxDataSize }), UInt64(asked.argsz) >= 8 + UInt64(asked.size),
      let stream = served.session
    else { throw Refusal(errno: .EINVAL) }
    return (Int(asked.size), stream)
  }
}

extension DataStream {
  /// How long a device may keep a client waiting. Clients give up too, so it is better to tell them first.
  private var patience: Duration { .seconds(8) }

  /// A running device may always have a little more: it is not read for longer than this.
  private var pace: Duration { .milliseconds(10) }

  /// Reads until there is so much, the data end, or there is nothing more for now. A device that is not ready for too long
  /// is an error: fewer bytes would say that the data have ended.
  fileprivate func fill(_ buffer: inout ChunkBuffer, count: Int, running: Bool) throws(DeviceError) -> Int {
    let start = ContinuousClock.now
    let deadline = start + patience
    var got = 0
    while got < count {
      if running, got > 0, start.duration(to: .now) > pace { return got }
      let came = try unless(.EAGAIN) { () throws(DeviceError) in
        try unless(.ENOMSG) { () throws(DeviceError) in
          try buffer.fill(got..<count) { (rest) throws(DeviceError) in try read(into: &rest) }
        } ?? 0
      }
      if let came {
        guard came > 0 else { return got }
        got += came
      } else if try !wait(for: .reading, until: deadline) {
        throw DeviceError(.streamRead(count: count), .EAGAIN)
      }
    }
    return got
  }

  /// Writes all of it.
  fileprivate func take(_ data: RawSpan) throws(DeviceError) {
    var done = 0
    let deadline = ContinuousClock.now + patience
    while done < data.byteCount {
      let rest = data.extracting(droppingFirst: done)
      if let taken = try unless(.EAGAIN, call: { () throws(DeviceError) in try write(rest) }) {
        done += taken
      } else if try !wait(for: .writing, until: deadline) {
        throw DeviceError(.streamWrite(count: data.byteCount), .EAGAIN)
      }
    }
  }
}
