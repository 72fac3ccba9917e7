/// Numbers with a unit, as they stand in an address.
enum Quantity {
  /// `4096`, `64K`, `16M`, `8G`: bytes.
  static func bytes(_ text: String) -> UInt64? {
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let unit = text.last.flatMap({ units[$0] }) else { return number(text) }
    return product(text.dropLast(), unit)
  }

  /// `50us`, `20ms`, `3s`: a time, up to an hour.
  static func time(_ text: String) -> Duration? {
    let units: [(suffix: String, microseconds: UInt64)] = [("us", 1), ("ms", 1000), ("s", 1_000_000)]
    guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
      let microseconds = product(text.dropLast(unit.suffix.count), unit.microseconds), microseconds <= 3_600_000_000
    else { return nil }
    return .microseconds(microseconds)
  }

  /// Decimal digits and nothing else.
  static func number(_ text: some StringProtocol) -> UInt64? {
    // UInt64.init takes a leading plus sign too.
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
  }

  private static func product(_ text: Substring, _ unit: UInt64) -> UInt64? {
    guard let number = number(text) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
  }
}
