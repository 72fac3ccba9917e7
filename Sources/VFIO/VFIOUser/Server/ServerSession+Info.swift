import CVFIO
import Synchronization

/// What the device says of itself.
extension ServerSession {
  /// VERSION: has to come first, and comes once.
  func agree(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    guard state.withLock({ $0.version == nil }) else { throw Refusal(errno: .EINVAL) }
    let refusal = Refusal(errno: .EINVAL, ends: true)
    guard let theirs = try? WireVersion(payload: message.payload), theirs.major == 0, message.descriptors.isEmpty else {
      throw refusal
    }
    var ours = WireVersion(minor: min(theirs.minor, options.generation.minor))
    guard let descriptors = try? agree(theirs.capabilities, &ours.capabilities) else { throw refusal }
    state.withLock { $0.version = theirs }
    return Answer(payload: ours.payload, descriptors: descriptors)
  }

  /// Beside what this side takes, nothing is said that the client has not proposed.
  ///
  /// - Returns: the descriptors that belong to it.
  private func agree(
    _ theirs: WireVersion.Capabilities, _ ours: inout WireVersion.Capabilities
  ) throws(WireError) -> [PassedDescriptor] {
    ours.maxMsgFDs = 8
    ours.maxDataXferSize = Self.maxDataSize
    if theirs.migration != nil { ours.migration = .init(pageSize: ServedMemory.pageSize) }
    if theirs.writeMultiple == true { ours.writeMultiple = true }
    guard theirs.twinSocket?.supported == true, theirs.maxMsgFDs ?? 1 > 0 else { return [] }
    ours.twinSocket = .init(supported: true, index: 0)
    return [try channel.openTwin()]
  }

  /// DEVICE_GET_INFO.
  func describeDevice(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size: UInt32 = 16
    guard let argsz: UInt32 = message.payload.number(at: 0), argsz >= size, message.payload.count >= size else {
      throw Refusal(errno: .EINVAL)
    }
    let info = try onDevice { (device) throws(DeviceError) in try device.info() }
    let words = [size, info.flags, info.regionCount, info.interruptCount]
    return Answer(payload: words.flatMap([UInt8].init(number:)))
  }

  /// DEVICE_GET_REGION_INFO: a buffer that is too small for the capabilities gets none, and the size it would need. With
  /// the capabilities comes the descriptor.
  func describeRegion(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    guard let asked: cv_region_info = message.payload.structure(at: 0), asked.argsz >= 32 else {
      throw Refusal(errno: .EINVAL)
    }
    let region = try region(asked.index)
    let shared = served.device.shareable(region)
    let capabilities = region.capabilityChain(sharing: shared != nil)
    let size = MemoryLayout<cv_region_info>.size
    let fits = Int(asked.argsz) >= size + capabilities.count && !capabilities.isEmpty
    let reply = cv_region_info(
      argsz: UInt32(size + capabilities.count), flags: region.flags(sharing: shared != nil, withCapabilities: fits),
      index: region.index, cap_offset: fits ? UInt32(size) : 0, size: region.size, offset: 0)
    return Answer(
      payload: [UInt8].bytes(of: reply) + (fits ? capabilities : []),
      descriptors: fits || capabilities.isEmpty ? shared.map { [$0.passed] } ?? [] : [])
  }

  /// DEVICE_GET_IRQ_INFO.
  func describeInterrupt(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size = UInt32(MemoryLayout<cu_irq_info>.size)
    guard let asked: cu_irq_info = message.payload.structure(at: 0), asked.argsz >= size else {
      throw Refusal(errno: .EINVAL)
    }
    let info = try onDevice { (device) throws(DeviceError) in try device.interruptInfo(asked.index) }
    return Answer(
      payload: [UInt8].bytes(
        of: cu_irq_info(argsz: size, flags: info.flags, index: asked.index, count: info.count)))
  }

  // MARK: asking the device

  /// The region with this number.
  func region(_ index: UInt32) throws(Refusal) -> Region {
    if let known = state.withLock({ $0.regions[index] }) { return known }
    let region = try onDevice { (device) throws(DeviceError) in
      guard index < (try device.info().regionCount) else {
        throw DeviceError(.regionInfo(index: index, argsz: 32), .EINVAL)
      }
      return try device.region(index)
    }
    state.withLock { $0.regions[index] = region }
    return region
  }

  /// Makes a call of the device; what it answers is the client's answer.
  func onDevice<R>(_ call: (any Device) throws(DeviceError) -> R) throws(Refusal) -> R {
    do throws(DeviceError) {
      return try call(served.device)
    } catch {
      throw Refusal(errno: error.errno ?? .EIO)
    }
  }
}

extension Region {
  /// The flags that a client is told: without memory that can be passed on there is nothing to map.
  fileprivate func flags(sharing: Bool, withCapabilities: Bool) -> UInt32 {
    var flags = self.flags
    if !sharing { flags.remove(.map) }
    if withCapabilities { flags.insert(.capabilities) } else { flags.remove(.capabilities) }
    return flags.rawValue
  }

  /// The capabilities as they stand behind the description.
  fileprivate func capabilityChain(sharing: Bool) -> [UInt8] {
    let bodies = capabilities.compactMap { capability -> (id: UInt16, body: [UInt8])? in
      switch capability {
      case .type(let type, let subtype):
        (RegionCapability.typeID, [UInt8](number: type) + [UInt8](number: subtype))
      case .sparseMap(let areas):
        !sharing
          ? nil
          : (
            RegionCapability.sparseMapID,
            [UInt8](number: UInt32(areas.count)) + [UInt8](number: UInt32(0))
              + areas.flatMap { [UInt8](number: $0.offset) + [UInt8](number: $0.size) }
          )
      case .other: nil
      }
    }
    var chain: [UInt8] = []
    for (position, (id, body)) in bodies.enumerated() {
      let end = MemoryLayout<cv_region_info>.size + chain.count + MemoryLayout<cv_cap_header>.size + body.count
      let next = position + 1 < bodies.count ? UInt32(end) : 0
      chain += [UInt8].bytes(of: cv_cap_header(id: id, version: 1, next: next)) + body
    }
    return chain
  }
}
