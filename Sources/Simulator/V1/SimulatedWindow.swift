import VFIO

/// A simulated device's mapped window. The memory is there as long as the window; but when the device is taken away, it
/// answers as one that vanishes.
final class SimulatedWindow: MappedWindow {
  private let window: any MappedWindow
  private let gate: Gate
  private let region: UInt32
  private let offset: UInt64

  /// The window that begins at `offset` in the region.
  init(_ window: any MappedWindow, gate: Gate, region: UInt32, offset: UInt64) {
    self.window = window
    self.gate = gate
    self.region = region
    self.offset = offset
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
  }

  private func checkDevice(_ operation: Operation) throws(DeviceError) {
    if gate.isReleased { throw DeviceError(operation, .EIO) }
  }

  private func place(_ offset: Int) -> UInt64 { self.offset &+ UInt64(truncatingIfNeeded: offset) }
}
