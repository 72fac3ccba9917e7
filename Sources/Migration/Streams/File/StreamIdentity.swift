import VFIO

/// Where a stream comes from.
public struct StreamIdentity: Sendable, Equatable {
  /// The protocol the stream was saved with, and can be loaded with.
  public var `protocol`: MigrationProtocol
  /// The address of the device it was saved from.
  public var device: String
  /// What the device said it can do, such as `pre-copy`.
  public var flags: [String]
  /// The way the device was opened, such as `cdev`.
  public var way: String

  /// An identity with these values.
  public init(protocol: MigrationProtocol, device: String, flags: [String] = [], way: String) {
    self.protocol = `protocol`
    self.device = device
    self.flags = flags
    self.way = way
  }
}

/// The identity frame's keys and values.
struct IdentityFrame: Equatable {
  private enum Key {
    static let `protocol` = "protocol"
    static let device = "device"
    static let flag = "flag"
    static let way = "way"
    static let checksum = "checksum"
  }
  private static let noChecksums = "none"
  private static let checksums = "crc32c sha256"

  var identity: StreamIdentity
  var hasChecksums: Bool

  /// The frame's payload: for each key u32 length, key, u32 length, value.
  var payload: [UInt8] {
    var bytes: [UInt8] = []
    for (key, value) in entries {
      for text in [key, value] {
        bytes.append(little: UInt32(text.utf8.count))
        bytes += text.utf8
      }
    }
    return bytes
  }

  private var entries: [(String, String)] {
    [
      (Key.protocol, identity.protocol.rawValue), (Key.device, identity.device), (Key.way, identity.way),
      (Key.checksum, hasChecksums ? Self.checksums : Self.noChecksums),
    ] + identity.flags.map { (Key.flag, $0) }
  }

  init(_ identity: StreamIdentity, hasChecksums: Bool) {
    self.identity = identity
    self.hasChecksums = hasChecksums
  }

  /// Reads a payload; nil when it is not of this form. Keys it does not know are left out.
  init?(payload: [UInt8]) {
    guard let texts = Self.texts(payload), texts.count.isMultiple(of: 2) else { return nil }
    var values: [String: [String]] = [:]
    for index in stride(from: 0, to: texts.count, by: 2) { values[texts[index], default: []].append(texts[index + 1]) }
    guard let name = values[Key.protocol]?.first, let known = MigrationProtocol(rawValue: name),
      let device = values[Key.device]?.first
    else { return nil }
    identity = StreamIdentity(
      protocol: known, device: device, flags: values[Key.flag] ?? [], way: values[Key.way]?.first ?? "")
    hasChecksums = values[Key.checksum]?.first != Self.noChecksums
  }

  private static func texts(_ payload: [UInt8]) -> [String]? {
    var texts: [String] = []
    var offset = 0
    while offset < payload.count {
      guard let length: UInt32 = payload.little(at: offset), Int(length) <= payload.count - offset - 4 else {
        return nil
      }
      texts.append(String(decoding: payload[(offset + 4)..<(offset + 4 + Int(length))], as: UTF8.self))
      offset += 4 + Int(length)
    }
    return texts
  }
}
