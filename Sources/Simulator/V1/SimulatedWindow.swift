import VFIO

/// A simulated device's mapped window. The memory is there as long as the window; but when the device is taken away, it
/// answers as one that vanishes. As with a real device, the pages of a long one are this process's as long as it is mapped.
final class SimulatedWindow: MappedWindow {
  private let window: any MappedWindow
  private let memory: SharedMemory
  private let place: Range<Int>
  private let gate: Gate
  private let region: UInt32
  private let offset: UInt64

  /// The window of `count` bytes that begins at `offset` in the region, in which the memory lies at `start`.
  init(
    _ memory: SharedMemory, liesAt start: UInt64, of region: Region, offset: UInt64, count: Int, gate: Gate
  ) throws(DeviceError) {
    window = try memory.map(region, offset: offset, count: count, liesAt: start)
    self.memory = memory
    place = Int(offset - start)..<Int(offset - start) + count
    self.gate = gate
    self.region = region.index
    self.offset = offset
  }

  deinit {
    unmap()
  }

  var count: Int { window.count }

  func copy(from offset: Int, into buffer: inout MutableRawSpan) throws(DeviceError) {
    try checkDevice(.mappedRead(region: region, offset: place(offset), count: buffer.byteCount))
    try window.copy(from: offset, into: &buffer)
  }

  func copy(_ bytes: RawSpan, to offset: Int) throws(DeviceError) {
    try checkDevice(.mappedWrite(region: region, offset: place(offset), count: bytes.byteCount))
    try window.copy(bytes, to: offset)
  }

  func withBytes<R>(in range: Range<Int>, _ body: (RawSpan) -> R) throws(DeviceError) -> R {
    try checkDevice(.mappedRead(region: region, offset: place(range.lowerBound), count: range.count))
    return try window.withBytes(in: range, body)
  }

  func unmap() {
    window.unmap()
    memory.letGo(of: place)
  }

  private func checkDevice(_ operation: Operation) throws(DeviceError) {
    if gate.isReleased { throw DeviceError(operation, .EIO) }
  }

  private func place(_ offset: Int) -> UInt64 { self.offset &+ UInt64(truncatingIfNeeded: offset) }
}
