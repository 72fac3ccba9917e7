import VFIO

/// The payload of a frame that holds keys and values: for each u32 length, key, u32 length, value.
struct KeyedTexts {
  private let entries: [(key: String, value: String)]

  init(_ entries: [(String, String)]) {
    self.entries = entries.map { ($0.0, $0.1) }
  }

  /// Reads a payload; nil when it is not of this form.
  init?(payload: [UInt8]) {
    guard let texts = Self.texts(payload), texts.count.isMultiple(of: 2) else { return nil }
    entries = stride(from: 0, to: texts.count, by: 2).map { (texts[$0], texts[$0 + 1]) }
  }

  /// The values of a key, in their order.
  subscript(_ key: String) -> [String] { entries.filter { $0.key == key }.map(\.value) }

  var payload: [UInt8] {
    var bytes: [UInt8] = []
    for text in entries.flatMap({ [$0.key, $0.value] }) {
      bytes.append(little: UInt32(text.utf8.count))
      bytes += text.utf8
    }
    return bytes
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
