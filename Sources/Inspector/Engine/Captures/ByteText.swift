import Migration
import VFIO

/// How bytes and their places are written, and read from what a user types.

/// `0x0000a0`, at least six digits.
public func offsetText(_ offset: UInt64, digits: Int = 6) -> String { "0x" + hexadecimal(offset, digits: digits) }

/// The number in `4096` or `0x1000`; nil when it is none.
public func byteCount(_ text: String) -> UInt64? {
  let isHexadecimal = text.hasPrefix("0x")
  let digits = isHexadecimal ? text.dropFirst(2) : text[...]
  // UInt64 would take a sign too.
  guard digits.first?.isHexDigit == true else { return nil }
  return UInt64(digits, radix: isHexadecimal ? 16 : 10)
}

/// The bytes in `0x4c41 5354`, or those of any other text; nil when a digit is missing or is none.
func bytePattern(_ text: String) -> [UInt8]? {
  guard text.hasPrefix("0x") else { return Array(text.utf8) }
  let digits = Array(text.dropFirst(2).filter { $0 != " " })
  guard !digits.isEmpty, digits.count.isMultiple(of: 2), digits.allSatisfy(\.isHexDigit) else { return nil }
  return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
}

extension StreamRecord {
  /// What it is, and how much data it has.
  public var heading: String { dataLength > 0 ? "\(name), \(counted(dataLength, "byte")) of data" : name }
}
