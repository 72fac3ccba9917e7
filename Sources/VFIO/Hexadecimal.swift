/// A number in hexadecimal, without `0x`, with zeros in front up to so many digits.
public func hexadecimal(_ number: some BinaryInteger, digits: Int = 1) -> String {
  let text = String(number, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
