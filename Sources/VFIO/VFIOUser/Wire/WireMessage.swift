/// One message of a conversation, to be looked at.
public struct WireMessage: Sendable, Equatable {
  /// Who sent it.
  public enum Sender: String, Sendable {
    case client
    case server
  }

  /// Who sent it.
  public let sender: Sender
  /// Its header.
  public let header: WireHeader
  /// The payload, or its first bytes: as much as is there to look at.
  public let payload: [UInt8]
  /// How many descriptors came with it.
  public let descriptorCount: Int

  /// A message with these values.
  public init(sender: Sender, header: WireHeader, payload: [UInt8], descriptorCount: Int) {
    self.sender = sender
    self.header = header
    self.payload = payload
    self.descriptorCount = descriptorCount
  }
}

extension WireMessage: CustomStringConvertible {
  /// One line: `12 REGION_READ offset 0x0 region 9 count 4`, `12 REGION_READ reply … data 4 bytes`.
  public var description: String {
    let command = WireCommand(rawValue: header.command)
    let name = command?.name ?? "command \(header.command)"
    let start = "\(header.id) \(name)"
    if header.flags.isReply && header.flags.isError {
      let errno = Errno(rawValue: Int32(truncatingIfNeeded: header.errorNumber))
      return "\(start) error \(header.errorNumber == 0 ? "without a number" : "\(errno)")"
    }
    var parts = [start]
    if header.flags.isReply { parts.append("reply") }
    if !header.flags.isReply && header.flags.wantsNoReply { parts.append("no reply wanted") }
    if header.flags.type > 1 { parts.append("type \(header.flags.type)") }
    parts += body(command)
    if descriptorCount > 0 { parts.append("\(descriptorCount) descriptors") }
    return parts.joined(separator: " ")
  }

  private func body(_ command: WireCommand?) -> [String] {
    guard let size = header.payloadSize else { return ["message_size \(header.messageSize), less than its header"] }
    var parts: [String] = []
    var offset = 0
    let fields = command.map { WireLayout.fields(of: $0, isReply: header.flags.isReply) } ?? []
    for field in fields where offset + field.width <= payload.count {
      let value = number(field.width, at: offset)
      offset += field.width
      parts.append("\(field.name) \(field.isHexadecimal ? "0x" + String(value, radix: 16) : String(value))")
    }
    if command == .deviceFeature { parts += feature(at: offset) }
    if size > offset { parts.append("data \(size - offset) bytes") }
    return parts
  }

  /// What the flags of DEVICE_FEATURE mean, and the migration state when it is the one that is set or told.
  private func feature(at offset: Int) -> [String] {
    guard let flags: UInt32 = payload.number(at: 4) else { return [] }
    let feature = FeatureFlags(rawValue: flags)
    guard feature.index == FeatureNumber.migDeviceState.rawValue, !feature.contains(.probe),
      let state: UInt32 = payload.number(at: offset)
    else { return ["(\(feature))"] }
    return ["(\(feature) \(V2State(rawValue: state).protocolName))"]
  }

  private func number(_ width: Int, at offset: Int) -> UInt64 {
    switch width {
    case 2: UInt64(payload.number(UInt16.self, at: offset) ?? 0)
    case 4: UInt64(payload.number(UInt32.self, at: offset) ?? 0)
    default: payload.number(UInt64.self, at: offset) ?? 0
    }
  }
}
