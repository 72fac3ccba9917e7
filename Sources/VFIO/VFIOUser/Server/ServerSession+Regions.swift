import CVFIO
import Synchronization

/// Regions and reset.
extension ServerSession {
  /// REGION_READ.
  func readRegion(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (access, region) = try checkedAccess(message)
    let head = [UInt8].bytes(of: access)
    guard access.count > 0 else { return Answer(payload: head) }
    let got = try buffer.withLock { (buffer) throws(Refusal) in
      try onDevice { (device) throws(DeviceError) in
        try buffer.fill(0..<Int(access.count)) { (bytes) throws(DeviceError) in
          try device.read(region, at: access.offset, into: &bytes)
        }
      }
    }
    guard got == access.count else { throw Refusal(errno: .EIO) }
    return Answer(payload: head, dataCount: got)
  }

  /// REGION_WRITE.
  func writeRegion(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let (access, region) = try checkedAccess(message)
    let head = MemoryLayout<cu_region_access>.size
    let data = message.payload.span.bytes.extracting(droppingFirst: head)
    guard data.byteCount == access.count else { throw Refusal(errno: .EINVAL) }
    try write(data, to: region, at: access.offset)
    return Answer(payload: Array(message.payload.prefix(head)))
  }

  /// REGION_WRITE_MULTI, when the client has asked for it in VERSION. All writes are looked at before the first is made;
  /// the reply says how many were, when a later one failed.
  func writeRegions(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let head = MemoryLayout<UInt64>.size
    let size = MemoryLayout<cu_region_write>.size
    guard state.withLock({ $0.version?.capabilities.writeMultiple == true }),
      let count: UInt64 = message.payload.number(at: 0),
      // Divided, not multiplied: the client's number may be any.
      count == (message.payload.count - head) / size, (message.payload.count - head).isMultiple(of: size)
    else { throw Refusal(errno: .EINVAL) }
    var writes: [(access: cu_region_access, region: Region, data: ArraySlice<UInt8>)] = []
    for place in stride(from: head, to: message.payload.count, by: size) {
      guard let write: cu_region_write = message.payload.structure(at: place), write.access.count <= 8 else {
        throw Refusal(errno: .EINVAL)
      }
      let data = message.payload[place + MemoryLayout<cu_region_access>.size..<place + size]
      writes.append((write.access, try checkedRegion(write.access), data.prefix(Int(write.access.count))))
    }
    var done: UInt64 = 0
    for (access, region, data) in writes {
      do throws(Refusal) { try write(data.span.bytes, to: region, at: access.offset) } catch {
        guard done > 0 else { throw error }
        break
      }
      done += 1
    }
    return Answer(payload: [UInt8](number: done))
  }

  private func write(_ data: RawSpan, to region: Region, at offset: UInt64) throws(Refusal) {
    guard !data.isEmpty else { return }
    let taken = try onDevice { (device) throws(DeviceError) in try device.write(region, at: offset, from: data) }
    guard taken == data.byteCount else { throw Refusal(errno: .EIO) }
  }

  private func checkedAccess(_ message: ReceivedMessage) throws(Refusal) -> (cu_region_access, Region) {
    guard let access: cu_region_access = message.payload.structure(at: 0), access.count <= Self.maxDataSize else {
      throw Refusal(errno: .EINVAL)
    }
    return (access, try checkedRegion(access))
  }

  /// The region in which this access lies.
  private func checkedRegion(_ access: cu_region_access) throws(Refusal) -> Region {
    let region = try region(access.region)
    let (end, overflow) = access.offset.addingReportingOverflow(UInt64(access.count))
    guard !overflow, end <= region.size else { throw Refusal(errno: .EINVAL) }
    return region
  }

  /// DEVICE_RESET.
  func reset() throws(Refusal) -> Answer {
    do throws(DeviceError) { try served.reset() } catch { throw Refusal(errno: error.errno ?? .EIO) }
    return Answer()
  }
}
