extension StreamFormat {
  /// Our own simulated devices.
  static let simulator = StreamFormat(
    name: "simulator", about: "a simulated device of vfioscope", sign: "told by its magic number",
    recognizes: { cursor throws(StreamFault) in
      try cursor.head(SimulatorDecoder.header)?["magic"] == SimulatorDecoder.magic
    },
    decoder: { SimulatorDecoder() })
}

/// A header, pages of memory, a trailer.
struct SimulatorDecoder: RecordDecoder {
  static let magic: UInt64 = 0x314D_4953_4F49_4656  // "VFIOSIM1"
  static let header = RecordLayout([
    .hex("magic", 8), .number("version", 4), .number("page_size", 4), .number("memory_size", 8), .hex("seed", 8),
  ])
  private static let tag = RecordLayout([.text("tag", 4)])
  private static let record = RecordLayout([
    .text("tag", 4), .padding(4), .number("number", 8), .number("offset", 8), .number("length", 8),
  ])
  private static let trailer = RecordLayout([
    .text("tag", 4), .padding(4), .number("records", 8), .hex("checksum", 8), .padding(8),
  ])

  private var hasHeader = false

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard hasHeader else {
      hasHeader = true
      return try cursor.head(Self.header).map { cursor.take("header", $0) }
    }
    switch try cursor.head(Self.tag)?.text("tag") {
    case "PAGE": return try cursor.head(Self.record).map { cursor.take("pages", $0, data: $0["length"]) }
    case "LAST": return try cursor.head(Self.trailer).map { cursor.take("trailer", $0) }
    default: return nil
    }
  }
}
