import CVFIO
import Synchronization

/// Features of the second generation.
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
    guard isGet else { return try changeState(flags, payload, data) }
    var own = [UInt8](repeating: 0, count: 8)
    try onFeature { (device) throws(DeviceError) in
      _ = try device.feature(argsz: 16, flags: flags.rawValue, data: &own)
    }
    if flags.index == FeatureNumber.migDeviceState.rawValue {
      // There is no descriptor: the data go by message.
      own.put(number: Int32(-1), at: 4)
    } else {
      own.put(number: (own.number(at: 0) ?? 0) & ~V2Flags.p2p.rawValue, at: 0)
    }
    return got(own, payload)
  }

  /// The answer to GET: the size is what the answer needs, however much room there was.
  private func got(_ data: [UInt8], _ payload: [UInt8]) -> Answer {
    Answer(payload: [UInt8](number: UInt32(8 + data.count)) + payload[4..<8] + data)
  }

  /// SET of MIG_DEVICE_STATE. The document does not use the peer-to-peer states.
  private func changeState(_ flags: FeatureFlags, _ payload: [UInt8], _ data: [UInt8]) throws(Refusal) -> Answer {
    let target = V2State(rawValue: data.number(at: 0) ?? 0)
    guard target.withoutP2P == target else { throw Refusal(errno: .EINVAL) }
    var own = Array(data.prefix(8))
    do throws(Refusal) {
      try onFeature { (device) throws(DeviceError) in
        _ = try device.feature(argsz: 16, flags: flags.rawValue, data: &own)
      }
    } catch {
      served.lookAgain()
      throw error
    }
    if flags.index == FeatureNumber.migDeviceState.rawValue {
      served.entered(target, dataFD: own.number(at: 4) ?? -1)
    }
    return Answer(payload: payload)
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
    // No range means all memory here, where a kernel refuses it: but for the last page, which no length reaches.
    let isAll = ranges.isEmpty
    if isAll { ranges = [DMARange(iova: 0, length: .max & ~(max(control.page_size, 1) - 1))] }
    let granted = try onFeature { (device) throws(DeviceError) in
      do throws(DeviceError) {
        return try device.startLogging(ranges, pageSize: control.page_size)
      } catch {
        // Some devices can't watch so much.
        let given = state.withLock { Array($0.memory.keys) }
        guard isAll, !given.isEmpty else { throw error }
        return try device.startLogging(given, pageSize: control.page_size)
      }
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
    return got(data.prefix(head - 8) + bitmap.bytes, payload)
  }

  /// A kernel says ENOTTY for a feature that is not there; over a socket that is EINVAL.
  private func onFeature<R>(_ call: (any Device) throws(DeviceError) -> R) throws(Refusal) -> R {
    do throws(Refusal) {
      return try onDevice(call)
    } catch {
      throw error.errno == .ENOTTY ? Refusal(errno: .EINVAL) : error
    }
  }
}
