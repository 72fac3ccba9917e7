/// The fields of a structure in a stream, one behind the other.
struct RecordLayout: Sendable {
  enum Order: Sendable {
    case little, big
  }

  enum Shape: Sendable {
    case number, hexadecimal, text, bytes, padding
  }

  struct Part: Sendable {
    let name: String
    let width: Int
    let shape: Shape

    static func number(_ name: String, _ width: Int) -> Part { Part(name: name, width: width, shape: .number) }
    static func hex(_ name: String, _ width: Int) -> Part { Part(name: name, width: width, shape: .hexadecimal) }
    /// Text that ends at its first 0 or at the end of the field.
    static func text(_ name: String, _ width: Int) -> Part { Part(name: name, width: width, shape: .text) }
    static func bytes(_ name: String, _ width: Int) -> Part { Part(name: name, width: width, shape: .bytes) }
    static func padding(_ width: Int) -> Part { Part(name: "", width: width, shape: .padding) }
  }

  let order: Order
  let parts: [Part]
  /// Bytes of the structure.
  let size: Int

  init(_ parts: [Part], order: Order = .little) {
    self.order = order
    self.parts = parts
    size = parts.reduce(0) { $0 + $1.width }
  }

  /// The fields; `bytes` has to be as long as the structure.
  func fields(_ bytes: [UInt8]) -> [StreamRecord.Field] {
    var fields: [StreamRecord.Field] = []
    var offset = 0
    for part in parts {
      let place = offset..<offset + part.width
      offset += part.width
      guard let value = value(part.shape, bytes[place]) else { continue }
      fields.append(StreamRecord.Field(name: part.name, value: value, place: place))
    }
    return fields
  }

  private func value(_ shape: Shape, _ bytes: ArraySlice<UInt8>) -> StreamRecord.Value? {
    switch shape {
    case .number: .number(number(bytes))
    case .hexadecimal: .hexadecimal(number(bytes))
    case .text: .text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    case .bytes: .bytes(Array(bytes))
    case .padding: nil
    }
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    let bigFirst = order == .big ? Array(bytes) : bytes.reversed()
    return bigFirst.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension [RecordLayout.Part] {
  /// An array in a structure: `name[0]`, `name[1]` and so on.
  static func hexes(_ name: String, _ width: Int, count: Int) -> [RecordLayout.Part] {
    (0..<count).map { .hex("\(name)[\($0)]", width) }
  }
}
