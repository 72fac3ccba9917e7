import VFIO

extension MappedWindow {
  /// `count` bytes from `offset` on.
  package func bytes(from offset: Int, count: Int) throws(DeviceError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try copy(from: offset, into: &raw)
    return bytes
  }

  /// Copies these bytes to `offset`.
  package func put(_ bytes: [UInt8], at offset: Int) throws(DeviceError) {
    try copy(bytes.span.bytes, to: offset)
  }
}
