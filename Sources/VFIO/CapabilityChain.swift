import CVFIO

/// The chain of capabilities behind `struct vfio_region_info`: each header's `next` counts from the start of the
/// answer, 0 ends the chain.
enum CapabilityChain {
  /// A chain that must not be followed.
  enum Fault: Error, Equatable, CustomStringConvertible {
    case outside(at: Int, room: Int)
    case loop(at: Int)
    case areas(count: UInt32, room: Int)

    var description: String {
      switch self {
      case .outside(let at, let room): "the capability chain points at \(at), outside the answer of \(room) bytes"
      case .loop(let at): "the capability chain comes back to \(at)"
      case .areas(let count, let room): "a capability names \(count) areas in \(room) bytes"
      }
    }
  }

  /// The capabilities from the one at `start` on.
  static func walk(_ answer: [UInt8], from start: Int) throws(Fault) -> [RegionCapability] {
    var found: [RegionCapability] = []
    var visited: Set<Int> = []
    var position = start
    while position != 0 {
      guard visited.insert(position).inserted else { throw .loop(at: position) }
      guard position >= MemoryLayout<cv_region_info>.size, let id: UInt16 = answer.number(at: position),
        let version: UInt16 = answer.number(at: position + 2), let next: UInt32 = answer.number(at: position + 4)
      else { throw .outside(at: position, room: answer.count) }
      found.append(try capability(answer, id: id, version: version, at: position))
      position = Int(next)
    }
    return found
  }

  private static func capability(
    _ answer: [UInt8], id: UInt16, version: UInt16, at position: Int
  ) throws(Fault) -> RegionCapability {
    switch id {
    case RegionCapability.typeID:
      guard let type: UInt32 = answer.number(at: position + 8), let subtype: UInt32 = answer.number(at: position + 12)
      else { throw .outside(at: position, room: answer.count) }
      return .type(type, subtype: subtype)
    case RegionCapability.sparseMapID:
      return .sparseMap(try areas(answer, at: position))
    default:
      return .other(id: id, version: version)
    }
  }

  private static func areas(_ answer: [UInt8], at position: Int) throws(Fault) -> [RegionCapability.Area] {
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
      return RegionCapability.Area(offset: offset, size: size)
    }
  }
}
