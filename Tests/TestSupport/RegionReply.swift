import VFIO

/// Answers to GET_REGION_INFO, byte by byte as linux/vfio.h lays them out.
package enum RegionReply {
  /// A region with these capabilities one behind the other.
  package static func region(
    size: UInt64, flags: UInt32 = 3, offset: UInt64 = 1 << 40, capabilities: [[UInt8]] = []
  ) -> [UInt8] {
    var reply: [UInt8] = []
    let total = 32 + capabilities.reduce(0) { $0 + $1.count }
    reply.append(number: UInt32(total))
    reply.append(number: flags | (capabilities.isEmpty ? 0 : 8))
    reply.append(number: UInt32(0))
    reply.append(number: UInt32(capabilities.isEmpty ? 0 : 32))
    reply.append(number: size)
    reply.append(number: offset)
    for (index, capability) in capabilities.enumerated() {
      let start = reply.count
      reply += capability
      if index < capabilities.count - 1 { reply.put(number: UInt32(reply.count), at: start + 4) }
    }
    return reply
  }

  /// A region without capabilities.
  package static func plain(size: UInt64) -> [UInt8] { region(size: size) }

  /// The migration region of protocol v1.
  package static func migration(size: UInt64) -> [UInt8] { region(size: size, capabilities: [type(3, 1)]) }

  /// A capability TYPE; `next` is filled in when it stands in a region.
  package static func type(_ type: UInt32, _ subtype: UInt32, next: UInt32 = 0) -> [UInt8] {
    header(id: 2, next: next) + [UInt8](number: type) + [UInt8](number: subtype)
  }

  /// A capability SPARSE_MMAP that says how many areas it has, and has these.
  package static func sparse(count: UInt32, _ areas: [(UInt64, UInt64)]) -> [UInt8] {
    header(id: 1, next: 0) + [UInt8](number: count) + [0, 0, 0, 0]
      + areas.flatMap { [UInt8](number: $0.0) + [UInt8](number: $0.1) }
  }

  /// A capability's header.
  package static func header(id: UInt16, next: UInt32) -> [UInt8] {
    [UInt8](number: id) + [UInt8](number: UInt16(1)) + [UInt8](number: next)
  }
}
