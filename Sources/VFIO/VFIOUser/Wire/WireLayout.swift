/// How messages are laid out, for showing them: what stands at the beginning of a command's payload, in the document's
/// words. What follows the named values is data.
enum WireLayout {
  /// A value in a payload.
  struct Field: Sendable {
    let name: String
    /// Bytes: 2, 4 or 8.
    let width: Int
    let isHexadecimal: Bool

    static func number(_ name: String, _ width: Int = 4) -> Field {
      Field(name: name, width: width, isHexadecimal: false)
    }

    static func hex(_ name: String, _ width: Int = 4) -> Field { Field(name: name, width: width, isHexadecimal: true) }
  }

  private static let argsz = Field.number("argsz")
  private static let flags = Field.hex("flags")

  private static let regionAccess = [Field.hex("offset", 8), .number("region"), .number("count")]
  private static let dmaAccess = [Field.hex("address", 8), .number("count", 8)]
  private static let version = [Field.number("major", 2), .number("minor", 2)]
  private static let interrupts = [argsz, flags, .number("index"), .number("count")]
  private static let unmap = [argsz, flags, .hex("address", 8), .number("size", 8)]
  private static let regionInfo = [
    argsz, flags, .number("index"), .number("cap_offset"), .number("size", 8), .hex("offset", 8),
  ]
  private static let migrationData = [argsz, .number("size")]

  private static let requests: [WireCommand: [Field]] = [
    .version: version,
    .dmaMap: [argsz, flags, .hex("offset", 8), .hex("address", 8), .number("size", 8)],
    .dmaUnmap: unmap,
    .deviceGetInfo: [argsz],
    .deviceGetRegionInfo: [argsz, flags, .number("index")],
    .deviceGetRegionIOFDs: [argsz, flags, .number("index"), .number("count")],
    .deviceGetIRQInfo: [argsz, flags, .number("index")],
    .deviceSetIRQs: [argsz, flags, .number("index"), .number("start"), .number("count")],
    .regionRead: regionAccess,
    .regionWrite: regionAccess,
    .dmaRead: dmaAccess,
    .dmaWrite: dmaAccess,
    .dirtyPages: [argsz, flags],
    .regionWriteMulti: [.number("wr_cnt", 8)],
    .deviceFeature: [argsz, flags],
    .migDataRead: migrationData,
    .migDataWrite: migrationData,
  ]

  private static let replies: [WireCommand: [Field]] = [
    .version: version,
    .dmaUnmap: unmap,
    .deviceGetInfo: [argsz, flags, .number("num_regions"), .number("num_irqs")],
    .deviceGetRegionInfo: regionInfo,
    .deviceGetIRQInfo: interrupts,
    .regionRead: regionAccess,
    .regionWrite: regionAccess,
    .dmaRead: dmaAccess,
    .dmaWrite: dmaAccess,
    .dirtyPages: [argsz, flags],
    .regionWriteMulti: [.number("wr_cnt", 8)],
    .deviceFeature: [argsz, flags],
    .migDataRead: migrationData,
  ]

  /// The values at the beginning of a payload.
  static func fields(of command: WireCommand, isReply: Bool) -> [Field] {
    (isReply ? replies : requests)[command] ?? []
  }
}
