import CVFIO
import Glibc
import Synchronization

/// Regions, interrupts and reset.
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
    let count = message.payload.count - head
    guard count == access.count else { throw Refusal(errno: .EINVAL) }
    if count > 0 {
      let taken = try onDevice { (device) throws(DeviceError) in
        try device.write(region, at: access.offset, from: message.payload.span.bytes.extracting(droppingFirst: head))
      }
      guard taken == count else { throw Refusal(errno: .EIO) }
    }
    return Answer(payload: Array(message.payload.prefix(head)))
  }

  private func checkedAccess(_ message: ReceivedMessage) throws(Refusal) -> (cu_region_access, Region) {
    guard let access: cu_region_access = message.payload.structure(at: 0), access.count <= Self.maxDataSize else {
      throw Refusal(errno: .EINVAL)
    }
    let region = try region(access.region)
    let (end, overflow) = access.offset.addingReportingOverflow(UInt64(access.count))
    guard !overflow, end <= region.size else { throw Refusal(errno: .EINVAL) }
    return (access, region)
  }

  /// DEVICE_RESET.
  func reset() throws(Refusal) -> Answer {
    do throws(DeviceError) { try served.reset() } catch { throw Refusal(errno: error.errno ?? .EIO) }
    return Answer()
  }

  // MARK: interrupts

  /// `VFIO_IRQ_SET_DATA_NONE` and its neighbours.
  private enum InterruptFlag {
    static let none: UInt32 = 1 << 0
    static let bool: UInt32 = 1 << 1
    static let eventFD: UInt32 = 1 << 2
    static let trigger: UInt32 = 1 << 5
    static let all: UInt32 = (1 << 6) - 1
  }

  /// DEVICE_SET_IRQS: keeps the client's eventfds, and raises an interrupt when the client asks for it.
  func setInterrupts(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    guard let asked: cu_irq_set = message.payload.structure(at: 0), asked.flags & ~InterruptFlag.all == 0 else {
      throw Refusal(errno: .EINVAL)
    }
    let info = try onDevice { (device) throws(DeviceError) in try device.interruptInfo(asked.index) }
    let (end, overflow) = asked.start.addingReportingOverflow(asked.count)
    guard !overflow, end <= info.count else { throw Refusal(errno: .EINVAL) }
    guard asked.flags & InterruptFlag.trigger != 0 else { return Answer() }
    if asked.flags & InterruptFlag.eventFD != 0 {
      try keep(message.descriptors, asked)
    } else if asked.flags & InterruptFlag.none != 0, asked.count == 0 {
      state.withLock { $0.interrupts[asked.index] = nil }
    } else {
      let data = Array(message.payload.dropFirst(MemoryLayout<cu_irq_set>.size))
      let wanted = (asked.start..<end).filter { number in
        let byte = Int(number - asked.start)
        return asked.flags & InterruptFlag.bool == 0 || data.indices.contains(byte) && data[byte] != 0
      }
      raise(asked.index, wanted)
    }
    return Answer()
  }

  /// Without a descriptor the ones that are there are let go of.
  private func keep(_ descriptors: [PassedDescriptor], _ asked: cu_irq_set) throws(Refusal) {
    guard descriptors.isEmpty || descriptors.count == Int(asked.count) else { throw Refusal(errno: .EINVAL) }
    state.withLock { state in
      for number in 0..<asked.count {
        let descriptor = descriptors.isEmpty ? nil : descriptors[Int(number)]
        state.interrupts[asked.index, default: [:]][asked.start + number] = descriptor
      }
    }
  }

  private func raise(_ index: UInt32, _ numbers: [UInt32]) {
    let events = state.withLock { state in numbers.compactMap { state.interrupts[index]?[$0] } }
    for event in events {
      var one: UInt64 = 1
      // A client that never reads its eventfds has a full one: then there is nothing more to tell it.
      _ = write(event.descriptor.borrowed, &one, 8)
    }
  }
}
