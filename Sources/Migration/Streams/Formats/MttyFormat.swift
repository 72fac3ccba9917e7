extension StreamFormat {
  /// The kernel's mtty sample: `struct mtty_data` of samples/vfio-mdev/mtty.c.
  static let mtty = StreamFormat(
    name: "mtty", about: "the kernel's mtty sample device", sign: "told by its magic number",
    recognizes: { cursor throws(StreamFault) in
      try cursor.head(MttyDecoder.header)?["magic"] == MttyDecoder.magic
    },
    decoder: { MttyDecoder() })
}

/// A header, then a `struct serial_port` for each port.
struct MttyDecoder: RecordDecoder {
  static let magic: UInt64 = 0x7E9D_0989_8C3E_2C4E
  static let header = RecordLayout([
    .hex("magic", 8), .number("major_ver", 4), .number("minor_ver", 4), .number("nr_ports", 4), .hex("flags", 4),
  ])
  static let port = RecordLayout([
    .bytes("uart_reg", 8), .bytes("fifo", 16), .number("head", 1), .number("tail", 1), .number("count", 1),
    .number("dlab", 1), .number("overrun", 1), .padding(1), .number("divisor", 2), .hex("fcr", 1),
    .number("max_fifo_size", 1), .number("intr_trigger_level", 1), .padding(1),
  ])

  private var ports: UInt64?
  private var done: UInt64 = 0

  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord? {
    guard let ports else {
      guard let head = try cursor.head(Self.header) else { return nil }
      self.ports = head["nr_ports"]
      return cursor.take("header", head, note: Self.refusal(head))
    }
    guard done < ports, let head = try cursor.head(Self.port) else { return nil }
    done += 1
    return cursor.take("port \(done - 1)", head)
  }

  /// Why the driver does not take this header; the number of ports has to be the device's, too.
  private static func refusal(_ head: RecordCursor.Head) -> String? {
    if head["magic"] != magic { return "the driver refuses this magic" }
    if head["major_ver"] != 1 || head["minor_ver"] != 0 { return "the driver takes version 1.0 only" }
    return head["flags"] == 0 ? nil : "the driver refuses flags"
  }
}
