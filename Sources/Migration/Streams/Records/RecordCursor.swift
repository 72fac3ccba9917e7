/// A place in a stream that a decoder moves over. It never goes beyond the end, whatever lengths the data claim.
struct RecordCursor {
  /// A structure that has been read, before it is known how much data belong to it.
  struct Head {
    let size: Int
    let fields: [StreamRecord.Field]

    /// The number in this field; 0 when the field is no number.
    subscript(name: String) -> UInt64 {
      switch fields.first(where: { $0.name == name })?.value {
      case .number(let number), .hexadecimal(let number): number
      default: 0
      }
    }

    /// The text in this field.
    func text(_ name: String) -> String {
      if case .text(let text) = fields.first(where: { $0.name == name })?.value { text } else { "" }
    }
  }

  let source: any ByteSource
  private(set) var position: UInt64 = 0

  init(_ source: any ByteSource) {
    self.source = source
  }

  /// Bytes from here to the end.
  var remaining: UInt64 { source.count - position }

  /// The structure that begins here; nil when there are too few bytes for it.
  func head(_ layout: RecordLayout) throws(StreamFault) -> Head? {
    let bytes = try source.read(at: position, count: layout.size)
    guard bytes.count == layout.size else { return nil }
    return Head(size: layout.size, fields: layout.fields(bytes))
  }

  /// Makes a record of the head here and of `data` bytes behind it, and goes past them.
  mutating func take(
    _ name: String, _ head: Head? = nil, data: UInt64 = 0, depth: Int = 0, note: String? = nil
  ) -> StreamRecord {
    let headLength = UInt64(head?.size ?? 0)
    let there = min(data, remaining - headLength)
    let cut = there < data ? "cut: \(there) of \(data) bytes are there" : nil
    let notes = [note, cut].compactMap { $0 }
    let record = StreamRecord(
      name: name, offset: position, headLength: headLength, dataLength: there, missing: data - there, depth: depth,
      fields: head?.fields ?? [], note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    position += record.length
    return record
  }

  /// The same without data, to look whether a chain of records fits.
  mutating func skip(_ count: UInt64) {
    position += min(count, remaining)
  }
}
