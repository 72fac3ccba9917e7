import VFIO

/// The answer to `VFIO_DEVICE_GET_REGION_INFO`: `struct vfio_region_info` and the capabilities behind it.
enum RegionReply {
  private static let fixedSize = 32

  /// The answer in a buffer of `argsz` bytes. Capabilities that do not fit are left out; `argsz` in the answer then
  /// says what is needed (linux/vfio.h).
  static func bytes(_ region: Region, argsz: Int) throws(Refusal) -> [UInt8] {
    guard argsz >= fixedSize, argsz <= UInt32.max else { throw Refusal(.EINVAL) }
    let capabilities = chain(region.capabilities)
    let needed = fixedSize + capabilities.count
    let fits = !capabilities.isEmpty && needed <= argsz
    var reply: [UInt8] = []
    reply.append(number: UInt32(max(argsz, needed)))
    reply.append(number: region.flags.rawValue)
    reply.append(number: region.index)
    reply.append(number: UInt32(fits ? fixedSize : 0))
    reply.append(number: region.size)
    reply.append(number: region.offset)
    if fits { reply += capabilities }
    reply += repeatElement(0, count: argsz - reply.count)
    return reply
  }

  /// The capabilities one behind the other; each says where the next one begins, counted from the answer's start.
  private static func chain(_ capabilities: [RegionCapability]) -> [UInt8] {
    var chain: [UInt8] = []
    for (number, capability) in capabilities.enumerated() {
      let (id, body) = encoded(capability)
      let end = fixedSize + chain.count + 8 + body.count
      chain.append(number: id)
      chain.append(number: UInt16(1))
      chain.append(number: UInt32(number == capabilities.count - 1 ? 0 : end))
      chain += body
    }
    return chain
  }

  private static func encoded(_ capability: RegionCapability) -> (id: UInt16, body: [UInt8]) {
    var body: [UInt8] = []
    switch capability {
    case .sparseMap(let areas):
      body.append(number: UInt32(areas.count))
      body.append(number: UInt32(0))
      for number in areas.flatMap({ [$0.offset, $0.size] }) { body.append(number: number) }
      return (1, body)
    case .type(let type, let subtype):
      body.append(number: type)
      body.append(number: subtype)
      return (2, body)
    case .other(let id, _):
      return (id, body)
    }
  }
}
