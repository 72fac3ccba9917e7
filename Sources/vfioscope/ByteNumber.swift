import ArgumentParser

/// A number of bytes on the command line: `4096`, `0x1000`, `4K`, `2M`, `1G`, `1T`.
struct ByteNumber: ExpressibleByArgument, Equatable {
  let value: UInt64

  init?(argument: String) {
    let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = argument.last.flatMap { units[$0] }
    let isHexadecimal = argument.hasPrefix("0x")
    let digits = argument.dropFirst(isHexadecimal ? 2 : 0).dropLast(unit == nil ? 0 : 1)
    // UInt64 would take a sign too.
    guard digits.first?.isHexDigit == true, let number = UInt64(digits, radix: isHexadecimal ? 16 : 10) else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
    guard !overflow else { return nil }
    value = product
  }

  init(_ value: UInt64) { self.value = value }

  var defaultValueDescription: String {
    let units = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]
    for (suffix, unit) in units where value > 0 && value.isMultiple(of: 1 << unit) {
      return "\(value >> unit)\(suffix)"
    }
    return "\(value)"
  }
}
