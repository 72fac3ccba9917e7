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

  /// The last address; nil when the range is empty or goes beyond the last address there is.
  public var last: UInt64? {
    guard length > 0 else { return nil }
    let (last, overflow) = iova.addingReportingOverflow(length - 1)
    return overflow ? nil : last
  }

  /// Whether both have an address in common.
  public func overlaps(_ other: DMARange) -> Bool {
    guard let last, let otherLast = other.last else { return false }
    return iova <= otherLast && other.iova <= last
  }

  /// Whether it begins and ends at a whole multiple of `pageSize`, which must not be 0.
  public func isAligned(to pageSize: UInt64) -> Bool {
    iova.isMultiple(of: pageSize) && length.isMultiple(of: pageSize)
  }

  /// Whether `other` is all inside. A range that goes beyond the last address is inside none.
  public func holds(_ other: DMARange) -> Bool {
    guard other.length == 0 || other.last != nil else { return false }
    return other.iova >= iova && other.length <= length && other.iova - iova <= length - other.length
  }
}

extension DMARange: CustomStringConvertible {
  /// `0x100000 2097152 bytes`.
  public var description: String { "0x\(String(iova, radix: 16)) \(length) bytes" }
}
