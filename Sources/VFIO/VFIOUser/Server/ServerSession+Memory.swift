import CVFIO
import Synchronization

/// The client's memory, and which of it the device has written.
extension ServerSession {
  private static let unmapWithBitmap: UInt32 = 1
  private static let unmapAll: UInt32 = 2

  /// DMA_MAP. Nothing can be given over something else, not even the same once more.
  func mapMemory(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size = MemoryLayout<cu_dma_map>.size
    guard let asked: cu_dma_map = message.payload.structure(at: 0), asked.argsz >= size, asked.flags & ~3 == 0,
      message.descriptors.count <= 1
    else { throw Refusal(errno: .EINVAL) }
    let range = DMARange(iova: asked.address, length: asked.size)
    guard range.last != nil, range.isAligned(to: ServedMemory.pageSize) else { throw Refusal(errno: .EINVAL) }
    guard state.withLock({ $0.memory.keys.allSatisfy { !$0.overlaps(range) } }) else { throw Refusal(errno: .EEXIST) }
    let memory = try message.descriptors.first.map { (passed) throws(Refusal) in
      let access: Region.Flags = asked.flags & 2 == 0 ? .read : [.read, .write]
      guard let count = Int(exactly: asked.size),
        let memory = SharedMemory(passed, offset: asked.offset, count: count, access: access)
      else { throw Refusal(errno: .EINVAL) }
      return memory
    }
    var given = GivenMemory(memory: memory)
    // A device that does no DMA has no use for it; the client need not know.
    if asked.flags & 2 != 0, let space {
      try reach(memory, range, in: space)
      given.isReached = true
    }
    state.withLock { $0.memory[range] = given }
    return Answer()
  }

  /// Lets the device reach it: where it is mapped, or by message.
  private func reach(_ memory: SharedMemory?, _ range: DMARange, in space: any AddressSpace) throws(Refusal) {
    if let memory {
      return try onDevice { (_) throws(DeviceError) in try space.map(memory, at: range.iova) }
    }
    let limit = state.withLock { $0.maxDataSize }
    guard let messaged = MessagedMemory(range, limit: limit, channel) else { throw Refusal(errno: .EINVAL) }
    try onDevice { (_) throws(DeviceError) in try space.map(reaching: messaged, at: range.iova) }
  }

  /// DMA_UNMAP, with the dirty pages if asked for.
  func unmapMemory(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size = MemoryLayout<cu_dma_unmap>.size
    guard let asked: cu_dma_unmap = message.payload.structure(at: 0), asked.argsz >= size else {
      throw Refusal(errno: .EINVAL)
    }
    let head = Array(message.payload.prefix(size))
    switch asked.flags {
    case Self.unmapAll:
      guard asked.address == 0, asked.size == 0 else { throw Refusal(errno: .EINVAL) }
      letGoOfMemory()
      return Answer(payload: head)
    case 0, Self.unmapWithBitmap:
      let range = DMARange(iova: asked.address, length: asked.size)
      guard let given = state.withLock({ $0.memory[range] }) else { throw Refusal(errno: .ENOENT) }
      var bitmap = asked.flags == 0 ? nil : try bitmap(range, message.payload, at: size, argsz: asked.argsz)
      if given.isReached, let space {
        try onDevice { (_) throws(DeviceError) in try space.unmap(range, dirty: &bitmap) }
      }
      state.withLock { _ = $0.memory.removeValue(forKey: range) }
      let extra = bitmap.map { Array(message.payload[size..<size + 16]) + $0.bytes } ?? []
      return Answer(payload: head + extra)
    default: throw Refusal(errno: .EINVAL)
    }
  }

  /// DIRTY_PAGES.
  func logDirtyPages(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let size = MemoryLayout<cu_dirty_pages>.size
    guard let asked: cu_dirty_pages = message.payload.structure(at: 0), let space else { throw Refusal(errno: .EINVAL) }
    switch asked.flags {
    case 1: try onDevice { (_) throws(DeviceError) in try space.startLogging() }
    case 2: try onDevice { (_) throws(DeviceError) in try space.stopLogging() }
    case 4:
      guard let range: cu_bitmap_range = message.payload.structure(at: size), range.bitmap.size <= Self.maxDataSize
      else { throw Refusal(errno: .EINVAL) }
      let place = DMARange(iova: range.iova, length: range.size)
      let whole = size + MemoryLayout<cu_bitmap_range>.size
      // Who has no room is told how much it takes; the log stays as it is.
      let needed = UInt32(whole) + UInt32(range.bitmap.size)
      guard asked.argsz >= needed else {
        return Answer(payload: [UInt8](number: needed) + message.payload[4..<min(whole, max(size, Int(asked.argsz)))])
      }
      guard state.withLock({ $0.memory.keys.contains { $0.overlaps(place) } }) else { throw Refusal(errno: .ENOENT) }
      var bitmap = try bitmap(place, message.payload, at: size + 16, argsz: asked.argsz)
      try onDevice { (_) throws(DeviceError) in try space.readLog(into: &bitmap) }
      return Answer(payload: Array(message.payload.prefix(whole)) + bitmap.bytes)
    default: throw Refusal(errno: .EINVAL)
    }
    return Answer()
  }

  /// Takes all of the client's memory from the device.
  func letGoOfMemory() {
    let memory = state.withLock { state in
      defer { state.memory = [:] }
      return state.memory
    }
    guard let space else { return }
    var none: DirtyBitmap?
    for (range, given) in memory where given.isReached { try? space.unmap(range, dirty: &none) }
  }

  /// The client has left.
  func letGo() {
    letGoOfMemory()
    state.withLock { $0.interrupts = [:] }
  }

  private var space: (any AddressSpace)? { served.addressSpace }

  /// An empty bitmap as the client asks for one: its size has to be that of whole words, and fit in one message.
  private func bitmap(
    _ range: DMARange, _ payload: [UInt8], at offset: Int, argsz: UInt32
  ) throws(Refusal) -> DirtyBitmap {
    guard let asked: cu_bitmap = payload.structure(at: offset), asked.pgsize.nonzeroBitCount == 1,
      asked.size <= Self.maxDataSize, range.length / asked.pgsize <= asked.size * 8
    else { throw Refusal(errno: .EINVAL) }
    let bitmap = DirtyBitmap(range, pageSize: asked.pgsize)
    guard UInt64(bitmap.words.count * 8) == asked.size, UInt64(argsz) >= UInt64(offset + 16) + asked.size else {
      throw Refusal(errno: .EINVAL)
    }
    return bitmap
  }
}

extension DirtyBitmap {
  /// The words' bytes.
  var bytes: [UInt8] { words.flatMap([UInt8].init(number:)) }
}
