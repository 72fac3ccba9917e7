import VFIO

/// Where a stream comes from.
public struct StreamIdentity: Sendable, Equatable {
  /// The protocol the stream was saved with, and can be loaded with.
  public var `protocol`: MigrationProtocol
  /// The address of the device it was saved from.
  public var device: String
  /// What the device is: PCI vendor and device, such as `15b3:101e`; nil when it has no configuration space.
  public var model: String?
  /// What the device said it can do, such as `pre-copy`.
  public var flags: [String]
  /// The way the device was opened, such as `cdev`.
  public var way: String

  /// An identity with these values.
  public init(
    protocol: MigrationProtocol, device: String, model: String? = nil, flags: [String] = [], way: String
  ) {
    self.protocol = `protocol`
    self.device = device
    self.model = model
    self.flags = flags
    self.way = way
  }
}

/// The identity frame's keys and values.
struct IdentityFrame: Equatable {
  private enum Key {
    static let `protocol` = "protocol"
    static let device = "device"
    static let model = "model"
    static let flag = "flag"
    static let way = "way"
    static let checksum = "checksum"
  }

  var identity: StreamIdentity
  var checksums: Checksums

  /// The frame's payload: for each key u32 length, key, u32 length, value.
  var payload: [UInt8] { KeyedTexts(entries).payload }

  private var entries: [(String, String)] {
    [
      (Key.protocol, identity.protocol.rawValue), (Key.device, identity.device), (Key.way, identity.way),
      (Key.checksum, checksums.algorithms),
    ] + [identity.model].compactMap { $0.map { (Key.model, $0) } } + identity.flags.map { (Key.flag, $0) }
  }

  init(_ identity: StreamIdentity, _ checksums: Checksums) {
    self.identity = identity
    self.checksums = checksums
  }

  /// Reads a payload; nil when it is not of this form. Keys it does not know are left out.
  init?(payload: [UInt8]) {
    guard let texts = KeyedTexts(payload: payload), let name = texts[Key.protocol].first,
      let known = MigrationProtocol(rawValue: name), let device = texts[Key.device].first
    else { return nil }
    identity = StreamIdentity(
      protocol: known, device: device, model: texts[Key.model].first, flags: texts[Key.flag],
      way: texts[Key.way].first ?? "")
    let algorithms = texts[Key.checksum].first
    checksums = Checksums.allCases.first { $0.algorithms == algorithms } ?? .sha256
  }
}

extension Checksums {
  /// Their names in a file.
  fileprivate var algorithms: String {
    switch self {
    case .sha256: "crc32c sha256"
    case .crc32c: "crc32c"
    case .none: "none"
    }
  }
}
