import CVFIO
import Glibc
import Synchronization

/// Interrupts.
extension ServerSession {
  /// `VFIO_IRQ_SET_DATA_NONE` and its neighbours.
  private enum InterruptFlag {
    static let none: UInt32 = 1 << 0
    static let bool: UInt32 = 1 << 1
    static let eventFD: UInt32 = 1 << 2
    static let trigger: UInt32 = 1 << 5
  }

  /// DEVICE_SET_IRQS: keeps the client's eventfds, and raises an interrupt when the client asks for it.
  func setInterrupts(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size = MemoryLayout<cu_irq_set>.size
    guard let asked: cu_irq_set = message.payload.structure(at: 0), asked.argsz >= size, asked.hasGoodFlags else {
      throw Refusal(errno: .EINVAL)
    }
    let data = message.payload.dropFirst(size)
    guard asked.flags & InterruptFlag.bool == 0 || data.count >= asked.count else { throw Refusal(errno: .EINVAL) }
    let info = try onDevice { (device) throws(DeviceError) in try device.interruptInfo(asked.index) }
    let (end, overflow) = asked.start.addingReportingOverflow(asked.count)
    guard !overflow, end <= info.count else { throw Refusal(errno: .EINVAL) }
    // No interrupt here says that it can be masked: there is nothing to be done for that.
    guard asked.flags & InterruptFlag.trigger != 0 else { return Answer() }
    if asked.flags & InterruptFlag.eventFD != 0 {
      try keep(message.descriptors, asked)
    } else if asked.flags & InterruptFlag.none != 0, asked.count == 0 {
      state.withLock { $0.interrupts[asked.index] = nil }
    } else {
      let isAll = asked.flags & InterruptFlag.none != 0
      raise(asked.index, (asked.start..<end).filter { isAll || data[data.startIndex + Int($0 - asked.start)] != 0 })
    }
    return Answer()
  }

  /// Without a descriptor the ones that are there are let go of. As with a kernel, nothing but an eventfd is taken: a
  /// write to a pipe that nobody reads would end the program.
  private func keep(_ descriptors: [PassedDescriptor], _ asked: cu_irq_set) throws(Refusal) {
    guard descriptors.isEmpty || descriptors.count == Int(asked.count),
      descriptors.allSatisfy({ $0.descriptor.isEventFD })
    else { throw Refusal(errno: .EINVAL) }
    state.withLock { state in
      for number in 0..<asked.count {
        let descriptor = descriptors.isEmpty ? nil : descriptors[Int(number)]
        state.interrupts[asked.index, default: [:]][asked.start + number] = descriptor
      }
    }
  }

  /// Raises these interrupts, of which the client has asked to be told.
  func raise(_ index: UInt32, _ numbers: [UInt32]) {
    let events = state.withLock { state in numbers.compactMap { state.interrupts[index]?[$0] } }
    for event in events {
      // A client that never reads its eventfd has a full one, which may block: then there is nothing more to tell it.
      var output = pollfd(fd: event.descriptor.borrowed, events: Int16(POLLOUT), revents: 0)
      guard poll(&output, 1, 0) == 1, output.revents & Int16(POLLOUT) != 0 else { continue }
      var one: UInt64 = 1
      _ = write(event.descriptor.borrowed, &one, 8)
    }
  }
}

extension cu_irq_set {
  /// One flag that says what comes with it, one that says what is done, and no other.
  fileprivate var hasGoodFlags: Bool {
    (flags & 0b111).nonzeroBitCount == 1 && (flags >> 3 & 0b111).nonzeroBitCount == 1 && flags >> 6 == 0
  }
}
