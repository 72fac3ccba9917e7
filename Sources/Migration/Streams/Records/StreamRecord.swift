/// A piece of a stream that a known format explains.
public struct StreamRecord: StreamItem, Equatable {
  /// One field of its head.
  public struct Field: Sendable, Equatable {
    /// The name that the format's source gives it.
    public let name: String
    /// What is in it.
    public let value: Value
    /// Where it lies in the record.
    public let place: Range<Int>
  }

  /// What a field holds, and how people write it.
  public enum Value: Sendable, Equatable {
    /// Written as a decimal number.
    case number(UInt64)
    /// Written as `0x…`.
    case hexadecimal(UInt64)
    /// Text of the device: escape it before it goes to a terminal.
    case text(String)
    /// Written as two hexadecimal digits a byte.
    case bytes([UInt8])

    /// The value as people write it.
    public var words: String {
      switch self {
      case .number(let number): String(number)
      case .hexadecimal(let number): "0x" + String(number, radix: 16)
      case .text(let text): text
      case .bytes(let bytes): bytes.hexadecimal
      }
    }
  }

  /// What it is.
  public let name: String
  /// Where it begins in the data.
  public let offset: UInt64
  /// Bytes of its head.
  public let headLength: UInt64
  /// Bytes that follow the head and that the format leaves to the device.
  public let dataLength: UInt64
  /// Bytes that should follow too, as its head says, but are not there.
  public var missing: UInt64 = 0
  /// How deep it lies in other records.
  public let depth: Int
  /// The fields of the head.
  public let fields: [Field]
  /// What is not as the format wants it, or what else is to be said.
  public let note: String?

  /// Where it begins in the data.
  public var start: UInt64 { offset }
  /// Bytes of head and data.
  public var length: UInt64 { headLength + dataLength }
  /// Where the data lie.
  public var data: Range<UInt64> { (offset + headLength)..<(offset + length) }
}
