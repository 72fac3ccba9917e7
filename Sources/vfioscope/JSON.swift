import Inspector
import VFIO

/// A value of JSON.
///
/// An object keeps its keys in the order in which they are written here, so that two reports can be compared line by
/// line. Foundation's encoder took longer to write the list of a big machine than the scan took to read it.
enum JSON {
  case null
  case bool(Bool)
  /// A number, as it is written.
  case number(String)
  case string(String)
  case array([JSON])
  /// The members, in one or more lists.
  case members([KeyValuePairs<String, JSON>])

  /// An object with these members.
  static func object(_ members: KeyValuePairs<String, JSON>) -> JSON { .members([members]) }

  /// A text, or null.
  init(_ text: String?) { self = text.map(JSON.string) ?? .null }

  /// A whole number, or null.
  init(_ number: (some BinaryInteger)?) { self = number.map { .number(String($0)) } ?? .null }

  /// A number, which must be finite.
  init(_ number: Double) { self = .number("\(number)") }

  /// A list of texts, or null.
  init(_ texts: [String]?) { self = texts.map { .array($0.map(JSON.string)) } ?? .null }
}

extension JSON {
  /// The value on one line.
  var line: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .number(let number): bytes += number.utf8
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let elements):
      Self.write(elements, between: "[", "]", to: &bytes) { $0.write(to: &$1) }
    case .members(let lists):
      Self.write(lists.flatMap { Array($0) }, between: "{", "}", to: &bytes) { member, bytes in
        Self.write(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
    }
  }

  private static func write<Elements: Collection>(
    _ elements: Elements, between opening: Unicode.Scalar, _ closing: Unicode.Scalar, to bytes: inout [UInt8],
    _ writeElement: (Elements.Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: opening))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      writeElement(element, &bytes)
    }
    bytes.append(UInt8(ascii: closing))
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    bytes.append(UInt8(ascii: "\""))
    // Most texts need no escape, and are then copied in one go.
    let isPlain = text.withUTF8 { utf8 in
      let isPlain = !utf8.contains(where: mayNeedEscape)
      if isPlain { bytes.append(contentsOf: utf8) }
      return isPlain
    }
    if !isPlain {
      for scalar in text.unicodeScalars { write(scalar, to: &bytes) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether a scalar that holds this byte of UTF-8 is one that has to be escaped, or, outside of ASCII, may be one.
  private static func mayNeedEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte >= 0x7F
  }

  /// Escapes what JSON demands, and also what a terminal would act on or not show.
  private static func write(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    switch scalar {
    case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(ascii: scalar)]
    case "\n": bytes += "\\n".utf8
    case "\t": bytes += "\\t".utf8
    case _ where isPrintable(scalar): bytes += UTF8.encode(scalar).map(Array.init) ?? []
    default: for unit in scalar.utf16 { bytes += "\\u\(hexadecimal(unit, digits: 4))".utf8 }
    }
  }
}

/// Prints a report as one line of JSON.
func printJSON(_ report: JSON) throws { try printLine(report.line) }
