/// Room for one access with a guard behind it.
///
/// A driver may copy a register of its own width into a smaller buffer (the mlx5 driver as posted for protocol v1 does
/// so for odd widths), so a register never goes straight into a variable: it comes here first, and what lies behind it
/// is compared.
///
/// It lies on the stack: four registers are accessed for each chunk of a v1 device's data, and memory from the heap would
/// take longer than a fast device's answer.
enum GuardedBuffer {
  /// Bytes behind those that were asked for.
  static let guardSize = 64
  private static let word = MemoryLayout<UInt64>.size
  private static let pattern: UInt64 = 0xA5A5_A5A5_A5A5_A5A5

  /// Lets `call` fill as many bytes as `target` has, copies them to it, and refuses an answer that ran over the end.
  @inline(__always)
  static func fill(
    _ target: inout MutableRawSpan, as operation: Operation,
    by call: (UnsafeMutableRawBufferPointer) throws(DeviceError) -> Int
  ) throws(DeviceError) -> Int {
    let count = target.byteCount
    let words = (count + guardSize) / word + 1
    // It rethrows any error, of whatever type.
    let result = withUnsafeTemporaryAllocation(byteCount: words * word, alignment: word) { room in
      for index in 0..<words { room.storeBytes(of: pattern, toByteOffset: index * word, as: UInt64.self) }
      return Result { () throws(DeviceError) in
        let got = try call(UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
        guard isWhole(room, from: count) else { throw DeviceError(operation, .overran(count: count)) }
        target.withUnsafeMutableBytes { target in
          target.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[..<min(count, max(0, got))]))
        }
        return got
      }
    }
    return try result.get()
  }

  private static func isWhole(_ room: UnsafeMutableRawBufferPointer, from count: Int) -> Bool {
    var difference: UInt64 = 0
    for offset in stride(from: count, to: count + guardSize, by: word) {
      difference |= room.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ pattern
    }
    return difference == 0
  }
}
