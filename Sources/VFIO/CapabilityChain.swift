import CVFIO

/// What `struct vfio_region_info` and `struct vfio_iommu_type1_info` have in common: capabilities may follow the fixed
/// part, chained. Each header's `next` counts from the start of the answer, 0 ends the chain.
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

  /// One of the chain: where it begins in the answer, and what its header says.
  struct Link {
    let id: UInt16
    let version: UInt16
    let position: Int
  }

  /// How large an answer may grow: far beyond any device, small enough to allocate without care.
  private static let answerLimit = 64 * 1024

  /// Makes a call with room for `count` bytes, the fixed part, and again when the capabilities did not fit
  /// (linux/vfio.h: the call then succeeds with `argsz`, the first field, saying what is needed).
  ///
  /// - Returns: the answer, as long as it says it is, but at least the fixed part.
  static func ask(
    _ operation: Operation, fixed count: Int, _ call: (Int) throws(DeviceError) -> [UInt8]
  ) throws(DeviceError) -> [UInt8] {
    var answer = try call(count)
    let needed = length(of: answer)
    if needed > answer.count {
      guard needed <= answerLimit else {
        throw DeviceError(operation, .malformed("the answer would be \(needed) bytes long"))
      }
      answer = try call(needed)
    }
    return Array(answer.prefix(max(count, length(of: answer))))
  }

  private static func length(of answer: [UInt8]) -> Int { Int(answer.number(UInt32.self, at: 0) ?? 0) }

  /// The chain from the capability at `start` on. None lies in the first `head` bytes, the fixed part.
  static func walk(_ answer: [UInt8], from start: UInt32, behind head: Int) throws(Fault) -> [Link] {
    var found: [Link] = []
    var visited: Set<Int> = []
    var position = Int(start)
    while position != 0 {
      guard visited.insert(position).inserted else { throw .loop(at: position) }
      guard position >= head, let id: UInt16 = answer.number(at: position),
        let version: UInt16 = answer.number(at: position + 2), let next: UInt32 = answer.number(at: position + 4)
      else { throw .outside(at: position, room: answer.count) }
      found.append(Link(id: id, version: version, position: position))
      position = Int(next)
    }
    return found
  }
}
