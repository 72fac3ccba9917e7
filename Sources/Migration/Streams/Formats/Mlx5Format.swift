extension StreamFormat {
  /// mlx5 and virtio share a record's head: `struct mlx5_vf_migration_header` of drivers/vfio/pci/mlx5/cmd.h,
  /// `struct virtiovf_migration_header` of drivers/vfio/pci/virtio/common.h.
  static let mlx5 = StreamFormat(
    name: "mlx5-virtio",
    about: "records of mlx5 or virtio", sign: "told by lengths, no magic",
    recognizes: { cursor throws(StreamFault) in try Mlx5Decoder.fits(cursor) },
    decoder: { Mlx5Decoder() })
}

/// Records of a length, flags and a tag.
struct Mlx5Decoder: RecordDecoder {
  static let header = RecordLayout([.number("record_size", 8), .hex("flags", 4), .number("tag", 4)])
  /// Of mlx5; virtio has only the first.
  private static let tags: [UInt64: String] = [0: "device data", 1: "stop-copy size"]
  private static let stopCopySize = RecordLayout(header.parts + [.number("stop_copy_size", 8)])
  /// How many records are enough to believe in them.
  private static let enough = 1000

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard let head = try cursor.head(Self.header) else { return nil }
    let isOptional = head["flags"] & 1 == 1
    let name = Self.tags[head["tag"]] ?? "tag \(head["tag"])"
    if head["tag"] == 1, head["record_size"] == 8, let sized = try cursor.head(Self.stopCopySize) {
      return cursor.take(name, sized)
    }
    let isKnown = Self.tags[head["tag"]] != nil
    let note = isKnown ? nil : isOptional ? "not known, may be left out" : "not known, the driver refuses it"
    return cursor.take(name, head, data: head["record_size"], note: note)
  }

  /// Whether the data are a chain of such records: to their end, or after the first one to where they were cut.
  static func fits(_ start: RecordCursor) throws(StreamFault) -> Bool {
    var cursor = start
    for index in 0..<enough {
      guard cursor.remaining > 0 else { return index > 0 }
      guard let head = try cursor.head(header) else { return index > 0 }
      guard head["record_size"] > 0, head["flags"] <= 1, tags[head["tag"]] != nil else { return false }
      let isCut = head["record_size"] > cursor.remaining - UInt64(head.size)
      if isCut && index == 0 { return false }
      cursor.skip(UInt64(head.size))
      cursor.skip(head["record_size"])
    }
    return true
  }
}
