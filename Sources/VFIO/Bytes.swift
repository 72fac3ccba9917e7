/// Reading and writing numbers in byte arrays, in this machine's byte order as VFIO's structures are.
extension [UInt8] {
  /// The number at this offset, or nil when it does not fit.
  public func number<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// The C structure at this offset, or nil when it does not fit.
  func structure<T: BitwiseCopyable>(_ type: T.Type = T.self, at offset: Int) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// The C structure's bytes.
  static func bytes<T: BitwiseCopyable>(of structure: T) -> [UInt8] {
    Swift.withUnsafeBytes(of: structure, Array.init)
  }

  /// The number's bytes.
  public init<T: FixedWidthInteger & BitwiseCopyable>(number: T) {
    self = Swift.withUnsafeBytes(of: number, Array.init)
  }

  /// Appends the number's bytes.
  public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(number: T) {
    append(contentsOf: [UInt8](number: number))
  }

  /// Puts the number's bytes at this offset. The array has to be long enough.
  public mutating func put<T: FixedWidthInteger & BitwiseCopyable>(number: T, at offset: Int) {
    replaceSubrange(offset..<offset + MemoryLayout<T>.size, with: [UInt8](number: number))
  }
}
