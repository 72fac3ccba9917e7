extension StreamFormat {
  /// Intel QAT: drivers/crypto/intel/qat/qat_common/adf_mstate_mgr.c and .h.
  static let qat = StreamFormat(
    name: "qat", about: "Intel QuickAssist (QAT)", sign: "told by its magic number",
    recognizes: { cursor throws(StreamFault) in
      try cursor.head(QATDecoder.preamble)?["magic"] == QATDecoder.magic
    },
    decoder: { QATDecoder() })
}

/// A preamble, then sections, which may hold sections.
struct QATDecoder: RecordDecoder {
  static let magic: UInt64 = 0xADF5_CAEA
  static let preamble = RecordLayout([
    .hex("magic", 4), .number("version", 4), .number("preh_len", 2), .number("n_sects", 2), .number("size", 4),
  ])
  static let section = RecordLayout([.text("id", 8), .number("size", 4), .number("sub_sects", 4)])
  /// Data can claim any depth.
  private static let depthLimit = 16

  /// Where the sections that the cursor is in end, the outermost first.
  private var ends: [UInt64]?

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard ends != nil else { return try preamble(&cursor) }
    while let end = ends?.last, cursor.position >= end { ends?.removeLast() }
    guard let ends, let end = ends.last, let head = try cursor.head(Self.section) else { return nil }
    let start = cursor.position + UInt64(head.size)
    let isTooLong = start > end || head["size"] > end - start
    let name = "section \(head.text("id"))"
    let note = isTooLong ? "longer than what it lies in" : nil
    guard head["sub_sects"] > 0, !isTooLong, ends.count < Self.depthLimit else {
      return cursor.take(name, head, data: head["size"], depth: ends.count - 1, note: note)
    }
    self.ends = ends + [start + head["size"]]
    return cursor.take(name, head, depth: ends.count - 1)
  }

  private mutating func preamble(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard let head = try cursor.head(Self.preamble) else { return nil }
    // A longer preamble is one of a newer version; the rest of it is not known.
    let more = max(head["preh_len"], UInt64(head.size)) - UInt64(head.size)
    ends = [cursor.position + UInt64(head.size) + more + head["size"]]
    let note = head["version"] > 1 ? "the driver takes version 1 and older" : nil
    return cursor.take("preamble", head, data: more, note: note)
  }
}
