import CVFIO
import Synchronization

extension VFIOUserDevice {
  /// The other side of the socket. It is there from the start, and empty.
  public func addressSpace() throws(DeviceError) -> any AddressSpace { VFIOUserAddressSpace(self) }

  /// DEVICE_FEATURE with DMA_LOGGING_START; the ranges stand in the message.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    let control = cu_logging_control(page_size: pageSize, num_ranges: UInt32(clamping: ranges.count), reserved: 0)
    let reply = try logging(
      .set, .dmaLoggingStart,
      [UInt8].bytes(of: control) + ranges.flatMap { [UInt8](number: $0.iova) + [UInt8](number: $0.length) },
      as: .startLogging(ranges: ranges, pageSize: pageSize))
    memory.log(true)
    return reply.number(at: 8) ?? pageSize
  }

  /// DEVICE_FEATURE with DMA_LOGGING_STOP.
  public func stopLogging() throws(DeviceError) {
    memory.log(false)
    _ = try logging(.set, .dmaLoggingStop, [], as: .stopLogging)
  }

  /// DEVICE_FEATURE with DMA_LOGGING_REPORT; the bitmap stands in the reply. What the server wrote by message is added.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    let operation = Operation.reportLogging(bitmap.range, pageSize: bitmap.pageSize)
    let report = cu_logging_report(
      iova: bitmap.range.iova, length: bitmap.range.length, page_size: bitmap.pageSize)
    let room = 8 + MemoryLayout<cu_logging_report>.size + bitmap.words.count * 8
    let reply = try logging(.get, .dmaLoggingReport, [UInt8].bytes(of: report), argsz: room, as: operation)
    try bitmap.union(reply, from: room - bitmap.words.count * 8, as: operation)
    memory.report(into: &bitmap)
  }

  private func logging(
    _ operations: FeatureFlags, _ number: FeatureNumber, _ data: [UInt8], argsz: Int? = nil, as operation: Operation
  ) throws(DeviceError) -> [UInt8] {
    let head = [UInt8](number: UInt32(argsz ?? 8 + data.count)) + [UInt8](number: operations.of(number))
    return try connection.ask(.deviceFeature, head + data, operation).payload
  }
}

/// The memory that a server's device can reach: each piece goes over the socket as a descriptor.
final class VFIOUserAddressSpace: AddressSpace {
  private let device: VFIOUserDevice
  private let mapped = Mutex<Set<DMARange>>([])

  init(_ device: VFIOUserDevice) {
    self.device = device
  }

  deinit {
    var none: DirtyBitmap?
    // A server that is gone has nothing of ours any more.
    for range in mapped.withLock({ $0 }) { try? unmap(range, dirty: &none) }
  }

  /// The document's page size. Dirty pages are logged by servers of the generation with the migration region.
  func info() throws(DeviceError) -> AddressSpaceInfo {
    let size = ServedMemory.pageSize
    return AddressSpaceInfo(
      pageSizes: size,
      logging: device.facts.hasMigrationRegion ? .init(pageSizes: size, maxBitmapSize: 256 << 20) : nil)
  }

  func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {
    let operation = Operation.mapDMA(DMARange(iova: iova, length: UInt64(memory.count)))
    let request = cu_dma_map(
      argsz: 32, flags: 3, offset: memory.start, address: iova, size: UInt64(memory.count))
    // Before the server knows of it, so that it never asks in vain.
    device.memory.add(memory, at: iova)
    do throws(DeviceError) {
      _ = try device.connection.ask(
        .dmaMap, [UInt8].bytes(of: request), operation, descriptors: [memory.descriptor])
    } catch {
      device.memory.remove(DMARange(iova: iova, length: UInt64(memory.count)))
      throw error
    }
    _ = mapped.withLock { $0.insert(DMARange(iova: iova, length: UInt64(memory.count))) }
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    let operation = Operation.unmapDMA(range, pageSize: dirty?.pageSize)
    var request = cu_dma_unmap(argsz: 24, flags: 0, address: range.iova, size: range.length)
    var payload = [UInt8].bytes(of: request)
    if let bitmap = dirty {
      let size = bitmap.words.count * 8
      request.argsz = UInt32(40 + size)
      request.flags = 1
      payload = [UInt8].bytes(of: request)
      payload += [UInt8].bytes(of: cu_bitmap(pgsize: bitmap.pageSize, size: UInt64(size)))
    }
    let reply = try device.connection.ask(.dmaUnmap, payload, operation).payload
    device.memory.remove(range)
    _ = mapped.withLock { $0.remove(range) }
    guard dirty != nil else { return }
    try dirty?.union(reply, from: payload.count, as: operation)
    if var bitmap = dirty {
      device.memory.report(into: &bitmap)
      dirty = bitmap
    }
  }

  func startLogging() throws(DeviceError) {
    try logging(1, .dirtyPagesStart)
    device.memory.log(true)
  }

  func stopLogging() throws(DeviceError) {
    device.memory.log(false)
    try logging(2, .dirtyPagesStop)
  }

  private func logging(_ flags: UInt32, _ operation: Operation) throws(DeviceError) {
    _ = try device.connection.ask(.dirtyPages, [UInt8].bytes(of: cu_dirty_pages(argsz: 8, flags: flags)), operation)
  }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    let operation = Operation.dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize)
    let size = bitmap.words.count * 8
    let range = cu_bitmap_range(
      iova: bitmap.range.iova, size: bitmap.range.length,
      bitmap: cu_bitmap(pgsize: bitmap.pageSize, size: UInt64(size)))
    let head = [UInt8].bytes(of: cu_dirty_pages(argsz: UInt32(40 + size), flags: 4))
    let reply = try device.connection.ask(.dirtyPages, head + [UInt8].bytes(of: range), operation).payload
    try bitmap.union(reply, from: 40, as: operation)
    device.memory.report(into: &bitmap)
  }

  /// DIRTY_PAGES with these flags and no range. A wrong DMA_UNMAP could take memory from the server that is still ours.
  func attempt(_ call: DirtyCall) throws(DeviceError) {
    guard call.kind == .dirtyPages, call.flags & DirtyCall.LogFlag.getBitmap == 0 else {
      throw DeviceError(.dirtyCall(call), .absent("only the flags of DIRTY_PAGES can be tried over a socket"))
    }
    try logging(call.flags, .dirtyCall(call))
  }
}

extension DirtyBitmap {
  /// Sets the bits that a reply has from `offset` on.
  fileprivate mutating func union(_ reply: [UInt8], from offset: Int, as operation: Operation) throws(DeviceError) {
    guard reply.count >= offset + words.count * 8 else {
      throw DeviceError(
        operation, .malformed("the answer has \(reply.count) bytes, \(offset + words.count * 8) are needed"))
    }
    withMutableWords { words in
      for index in words.indices { words[index] |= reply.number(UInt64.self, at: offset + index * 8) ?? 0 }
    }
  }
}
