/// The numbers of `VFIO_DEVICE_FEATURE` (linux/vfio.h).
public enum FeatureNumber: UInt16, Sendable, CaseIterable {
  case pciVFToken = 0
  case migration = 1
  case migDeviceState = 2
  case lowPowerEntry = 3
  case lowPowerEntryWithWakeup = 4
  case lowPowerExit = 5
  case dmaLoggingStart = 6
  case dmaLoggingStop = 7
  case dmaLoggingReport = 8
  case migDataSize = 9
  case busMaster = 10
  case dmaBuf = 11
  case migPrecopyInfoV2 = 12
  case zpciError = 13

  /// The kernel's name without `VFIO_DEVICE_FEATURE_`.
  public var name: String {
    switch self {
    case .pciVFToken: "PCI_VF_TOKEN"
    case .migration: "MIGRATION"
    case .migDeviceState: "MIG_DEVICE_STATE"
    case .lowPowerEntry: "LOW_POWER_ENTRY"
    case .lowPowerEntryWithWakeup: "LOW_POWER_ENTRY_WITH_WAKEUP"
    case .lowPowerExit: "LOW_POWER_EXIT"
    case .dmaLoggingStart: "DMA_LOGGING_START"
    case .dmaLoggingStop: "DMA_LOGGING_STOP"
    case .dmaLoggingReport: "DMA_LOGGING_REPORT"
    case .migDataSize: "MIG_DATA_SIZE"
    case .busMaster: "BUS_MASTER"
    case .dmaBuf: "DMA_BUF"
    case .migPrecopyInfoV2: "MIG_PRECOPY_INFOv2"
    case .zpciError: "ZPCI_ERROR"
    }
  }
}

/// The flags word of `VFIO_DEVICE_FEATURE`: the feature's number in bits 0–15, the operations above.
public struct FeatureFlags: OptionSet, Sendable {
  /// The word as the kernel takes it.
  public let rawValue: UInt32

  /// The word as it is.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VFIO_DEVICE_FEATURE_GET`.
  public static let get = FeatureFlags(rawValue: 1 << 16)
  /// `VFIO_DEVICE_FEATURE_SET`.
  public static let set = FeatureFlags(rawValue: 1 << 17)
  /// `VFIO_DEVICE_FEATURE_PROBE`: ask whether the other operations are there.
  public static let probe = FeatureFlags(rawValue: 1 << 18)

  /// These operations on that feature.
  public func of(_ number: FeatureNumber) -> UInt32 { rawValue | UInt32(number.rawValue) }

  /// The feature's number.
  public var index: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
}

extension FeatureFlags: CustomStringConvertible {
  /// `GET MIG_DEVICE_STATE`, `PROBE|SET DMA_LOGGING_START`.
  public var description: String {
    let names = [(Self.probe, "PROBE"), (.get, "GET"), (.set, "SET")].filter { contains($0.0) }.map(\.1)
    let operations = names.isEmpty ? "none" : names.joined(separator: "|")
    return "\(operations) \(FeatureNumber(rawValue: index)?.name ?? String(index))"
  }
}

extension Device {
  /// Asks whether the device has the feature with these operations (`PROBE`): nothing is read or changed.
  ///
  /// - Returns: false when the answer is `ENOTTY` (no such feature) or `EINVAL` (not with this operation), and when a
  ///   server of vfio-user refuses without a number.
  public func offers(_ operations: FeatureFlags, _ number: FeatureNumber) throws(DeviceError) -> Bool {
    var none: [UInt8] = []
    do throws(DeviceError) {
      _ = try feature(argsz: 8, flags: operations.union(.probe).of(number), data: &none)
      return true
    } catch {
      guard error.errno == .ENOTTY || error.errno == .EINVAL || error.reason == .unexplained else { throw error }
      return false
    }
  }

  /// Reads a feature's data: `count` bytes.
  public func get(_ number: FeatureNumber, count: Int) throws(DeviceError) -> [UInt8] {
    var data = [UInt8](repeating: 0, count: count)
    _ = try feature(argsz: UInt32(8 + count), flags: FeatureFlags.get.of(number), data: &data)
    return data
  }

  /// Writes a feature's data. What the device puts back is in `data` afterwards, also when the call failed.
  public func set(_ number: FeatureNumber, data: inout [UInt8]) throws(DeviceError) {
    _ = try feature(argsz: UInt32(8 + data.count), flags: FeatureFlags.set.of(number), data: &data)
  }
}
