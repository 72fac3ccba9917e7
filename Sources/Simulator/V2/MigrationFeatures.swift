import VFIO

/// `VFIO_DEVICE_FEATURE`, decoded in the kernel's order of checks (vfio_main.c).
extension Machine {
  /// What a feature can do and how long its data are.
  private struct Offer {
    let operations: FeatureFlags
    let size: Int
    /// The flags of feature MIGRATION without which every call of it is EINVAL.
    var needs: V2Flags = []
  }

  private static let offers: [FeatureNumber: Offer] = [
    .migration: Offer(operations: .get, size: 8),
    .migDeviceState: Offer(operations: [.get, .set], size: 8),
    .migDataSize: Offer(operations: .get, size: 8),
    .dmaLoggingStart: Offer(operations: .set, size: 24),
    .dmaLoggingStop: Offer(operations: .set, size: 0),
    .dmaLoggingReport: Offer(operations: .get, size: 32),
    .migPrecopyInfoV2: Offer(operations: .set, size: 0, needs: .preCopy),
  ]
  private static let loggingFeatures: Set<FeatureNumber> = [.dmaLoggingStart, .dmaLoggingStop, .dmaLoggingReport]

  /// One call; `data` holds afterwards what the device puts there, also when it fails.
  mutating func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(Refusal) {
    let asked = FeatureFlags(rawValue: flags)
    guard argsz >= 8, asked.isKnown else { throw Refusal(.EINVAL) }
    guard asked.contains(.probe) || !asked.contains([.get, .set]) else { throw Refusal(.EINVAL) }
    guard profile.migrationProtocol == .v2, let number = FeatureNumber(rawValue: asked.index),
      let offer = Self.offers[number], logsDMA || !Self.loggingFeatures.contains(number)
    else { throw Refusal(.ENOTTY) }
    let operations = asked.intersection([.get, .set])
    guard options.flags.isSuperset(of: offer.needs), offer.operations.isSuperset(of: operations) else {
      throw Refusal(.EINVAL)
    }
    if asked.contains(.probe) { return }
    guard !operations.isEmpty, Int(argsz) >= 8 + offer.size else { throw Refusal(.EINVAL) }
    // A caller that names more than it brought has zeroes behind its data.
    var whole = data + repeatElement(0, count: max(0, offer.size - data.count))
    defer { data = Array(whole.prefix(data.count)) }
    try perform(number, operations, &whole)
  }

  private mutating func perform(
    _ number: FeatureNumber, _ operations: FeatureFlags, _ data: inout [UInt8]
  ) throws(Refusal) {
    switch (number, operations) {
    case (.migration, .get): data.put(number: options.flags.rawValue, at: 0)
    case (.migDeviceState, .get): putState(state, dataFD: nil, &data)
    case (.migDeviceState, .set): try setState(&data)
    case (.migDataSize, .get): data.put(number: UInt64(dataSize), at: 0)
    case (.dmaLoggingStop, .set): try stopLogging()
    // They carry addresses of the caller's memory; there is none here. The device's own calls do without.
    case (.dmaLoggingStart, .set), (.dmaLoggingReport, .get): throw Refusal(.EFAULT)
    case (.migPrecopyInfoV2, .set): mayReinit = true
    default: throw Refusal(.EINVAL)
    }
  }

  /// SET of MIG_DEVICE_STATE. The structure goes back in any case, with the state that was asked for.
  private mutating func setState(_ data: inout [UInt8]) throws(Refusal) {
    let target: UInt32 = data.number(at: 0) ?? 0
    let before = dataFDs.current
    putState(target, dataFD: nil, &data)
    try change(to: target)
    putState(target, dataFD: dataFDs.current == before ? nil : dataFDs.current, &data)
  }

  private func putState(_ state: UInt32, dataFD: Int32?, _ data: inout [UInt8]) {
    data.put(number: state, at: 0)
    data.put(number: dataFD ?? -1, at: 4)
  }

  /// MIG_DATA_SIZE: what a stop-copy would still have to move.
  private var dataSize: Int {
    (saving ?? SaveSession(of: memory, chunk: options.chunk)).remaining(stopped: true)
  }
}

extension FeatureFlags {
  fileprivate var isKnown: Bool {
    rawValue & ~(Self.get.rawValue | Self.set.rawValue | Self.probe.rawValue | 0xFFFF) == 0
  }
}
