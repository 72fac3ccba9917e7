/// Addresses as a device sees them when it does DMA (iova), in bytes.
public struct DMARange: Sendable, Hashable {
  /// The first address.
  public let iova: UInt64
  /// Bytes.
  public let length: UInt64

  /// `length` bytes from `iova` on.
  public init(iova: UInt64, length: UInt64) {
    self.iova = iova
    self.length = length
  }

  /// Whether `other` is all inside. A range that goes beyond the last address is inside none.
  public func holds(_ other: DMARange) -> Bool {
    other.iova >= iova && other.length <= length && other.iova - iova <= length - other.length
  }
}

extension DMARange: CustomStringConvertible {
  /// `0x100000 2097152 bytes`.
  public var description: String { "0x\(String(iova, radix: 16)) \(length) bytes" }
}
