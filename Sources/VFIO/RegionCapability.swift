import CVFIO

/// A capability of a region.
public enum RegionCapability: Sendable, Equatable {
  /// `VFIO_REGION_INFO_CAP_SPARSE_MMAP`: only these parts may be mapped.
  case sparseMap([Area])
  /// `VFIO_REGION_INFO_CAP_TYPE`: what a device specific region is; {3, 1} is the migration region.
  case type(UInt32, subtype: UInt32)
  /// Any other capability.
  case other(id: UInt16, version: UInt16)

  /// A part of a region, in bytes from the region's start.
  public struct Area: Sendable, Equatable {
    /// Bytes from the start of the region.
    public let offset: UInt64
    /// Bytes.
    public let size: UInt64
    /// The part that begins at `offset`.
    public init(offset: UInt64, size: UInt64) {
      self.offset = offset
      self.size = size
    }
  }

  static let sparseMapID: UInt16 = 1
  static let typeID: UInt16 = 2
}

extension RegionCapability {
  /// Understands the capability that begins at `link` in the answer.
  init(_ link: CapabilityChain.Link, in answer: [UInt8]) throws(CapabilityChain.Fault) {
    switch link.id {
    case Self.typeID:
      guard let type: UInt32 = answer.number(at: link.position + 8),
        let subtype: UInt32 = answer.number(at: link.position + 12)
      else { throw .outside(at: link.position, room: answer.count) }
      self = .type(type, subtype: subtype)
    case Self.sparseMapID:
      self = .sparseMap(try Self.areas(answer, at: link.position))
    default:
      self = .other(id: link.id, version: link.version)
    }
  }

  private static func areas(_ answer: [UInt8], at position: Int) throws(CapabilityChain.Fault) -> [Area] {
    guard let count: UInt32 = answer.number(at: position + 8) else {
      throw .outside(at: position, room: answer.count)
    }
    let first = position + MemoryLayout<cv_region_cap_sparse_mmap>.size
    let stride = MemoryLayout<cv_region_sparse_mmap_area>.size
    guard Int(count) <= max(0, answer.count - first) / stride else {
      throw .areas(count: count, room: answer.count - position)
    }
    return (0..<Int(count)).compactMap { index in
      let place = first + index * stride
      guard let offset: UInt64 = answer.number(at: place), let size: UInt64 = answer.number(at: place + 8) else {
        return nil
      }
      return Area(offset: offset, size: size)
    }
  }
}
