/// Room for one access with a guard behind it.
///
/// A driver may copy a register of its own width into a smaller buffer (the mlx5 driver as posted for protocol v1 does
/// so for odd widths), so a register never goes straight into a variable: it comes here first, and what lies behind it
/// is compared.
struct GuardedBuffer {
  static let guardSize = 64
  private static let pattern: UInt8 = 0xA5

  private var bytes: [UInt8]
  private let count: Int

  init(count: Int) {
    self.count = count
    bytes = [UInt8](repeating: Self.pattern, count: count + Self.guardSize)
  }

  /// Lets `call` fill the first `count` bytes, copies them to `target`, and refuses an answer that ran over the end.
  mutating func fill(
    _ target: inout MutableRawSpan, as operation: Operation,
    by call: (UnsafeMutableRawBufferPointer) throws(DeviceError) -> Int
  ) throws(DeviceError) -> Int {
    let got = try filled(by: call)
    guard bytes[count...].allSatisfy({ $0 == Self.pattern }) else {
      throw DeviceError(operation, .overran(count: count))
    }
    target.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { target.copyBytes(from: $0.prefix(min(count, max(0, got)))) }
    }
    return got
  }

  private mutating func filled(
    by call: (UnsafeMutableRawBufferPointer) throws(DeviceError) -> Int
  ) throws(DeviceError) -> Int {
    let count = count
    var span = bytes.mutableSpan
    var room = span.mutableBytes
    return try room.withUnsafeMutableBytes { (all) throws(DeviceError) -> Int in
      try call(UnsafeMutableRawBufferPointer(rebasing: all[..<count]))
    }
  }
}
