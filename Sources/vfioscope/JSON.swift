import FoundationEssentials

/// A value that is written as `null` when there is none; synthesized coding would leave the key out.
struct OrNull<Value: Encodable>: Encodable {
  let value: Value?

  init(_ value: Value?) { self.value = value }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}

/// Prints a report as one line of JSON. Keys are sorted, so that two reports can be compared line by line.
func printJSON(_ report: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  try printLine(String(decoding: try encoder.encode(report), as: UTF8.self))
}
