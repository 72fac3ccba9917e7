/// Memory that a device made in software reaches by calls, wherever it is: mapped here, or at the other end of a socket.
public protocol ReachableMemory: AnyObject, Sendable {
  /// Bytes.
  var count: Int { get }

  /// Fills `buffer` from `offset` on. False when it does not fit, or when the memory was taken away.
  func read(into buffer: inout MutableRawSpan, at offset: Int) -> Bool

  /// Copies all of `bytes` to `offset`. False when it does not fit, or when the memory was taken away.
  func write(_ bytes: RawSpan, at offset: Int) -> Bool
}

extension SharedMemory: ReachableMemory {}

extension AddressSpace {
  /// `ENOTSUP`: a device in hardware reaches only memory that is mapped.
  public func map(reaching memory: any ReachableMemory, at iova: UInt64) throws(DeviceError) {
    throw DeviceError(.mapDMA(DMARange(iova: iova, length: UInt64(memory.count))), .ENOTSUP)
  }

  /// Nothing: most devices need nobody for that.
  public func advance() {}
}
