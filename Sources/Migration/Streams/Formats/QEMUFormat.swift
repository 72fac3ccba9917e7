extension StreamFormat {
  /// The part of a QEMU migration stream that belongs to one VFIO device: hw/vfio/migration.c.
  static let qemu = StreamFormat(
    name: "qemu", about: "QEMU's framing of a VFIO device", sign: "told by its marks",
    recognizes: { cursor throws(StreamFault) in
      try cursor.head(QEMUDecoder.mark).map { QEMUDecoder.marks[$0["mark"]] != nil } ?? false
    },
    decoder: { QEMUDecoder() })
}

/// Marks of 64 bits in big endian; a data mark has a length and the device's bytes behind it.
struct QEMUDecoder: RecordDecoder {
  private static let end: UInt64 = 0xFFFF_FFFF_EF10_0001
  private static let config: UInt64 = 0xFFFF_FFFF_EF10_0002
  private static let data: UInt64 = 0xFFFF_FFFF_EF10_0004
  static let marks: [UInt64: String] = [
    end: "end of state",
    config: "config state",
    0xFFFF_FFFF_EF10_0003: "setup state",
    data: "data state",
    0xFFFF_FFFF_EF10_0005: "initial data sent",
    0xFFFF_FFFF_EF10_0006: "ready for config",
  ]
  static let mark = RecordLayout([.hex("mark", 8)], order: .big)
  private static let sizedMark = RecordLayout([.hex("mark", 8), .number("data_size", 8)], order: .big)

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard let head = try cursor.head(Self.mark), let name = Self.marks[head["mark"]] else { return nil }
    switch head["mark"] {
    case Self.data:
      return try cursor.head(Self.sizedMark).map { cursor.take(name, $0, data: $0["data_size"]) }
    case Self.config:
      // The PCI configuration has no length of its own: it goes to the next end mark.
      let start = cursor.position + UInt64(head.size)
      let end = try cursor.source.firstOffset(of: Self.endBytes, from: start) ?? cursor.source.count
      return cursor.take(name, head, data: end - start)
    default: return cursor.take(name, head)
    }
  }

  private static let endBytes: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: end >> (56 - 8 * $0)) }
}
