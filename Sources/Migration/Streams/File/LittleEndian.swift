import VFIO

/// Numbers of the stream file: little endian on every machine.
extension [UInt8] {
  /// The number at this offset, or nil when it does not fit.
  func little<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T? {
    number(at: offset).map(T.init(littleEndian:))
  }

  /// Appends the number's bytes.
  mutating func append<T: FixedWidthInteger & BitwiseCopyable>(little number: T) {
    append(number: number.littleEndian)
  }
}
