import CChecksum

/// What is made of a stream's bytes, to tell later whether they are the same. Raw values are the names in a file and of
/// the command's option.
public enum Checksums: String, Sendable, CaseIterable {
  /// A CRC-32C for each chunk, and a SHA-256 of all of them together.
  case sha256
  /// A CRC-32C for each chunk. For a device that is faster than one processor's SHA-256.
  case crc32c
  /// Nothing: a chunk that was altered later goes unseen.
  case none
}

/// CRC-32C (Castagnoli), as RFC 3720 gives it: notices any change of up to 32 bits in a row.
public struct CRC32C: Sendable, Equatable {
  /// The checksum of the bytes so far.
  public private(set) var value: UInt32 = 0

  /// The checksum of no bytes.
  public init() {}

  /// The checksum of these bytes.
  public init(_ bytes: RawSpan) {
    update(bytes)
  }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    value = bytes.withUnsafeBytes { [value] in cc_crc32c(value, $0.baseAddress, $0.count) }
  }
}

/// SHA-256, as FIPS 180-4 gives it: names the bytes, on any machine and with any tool.
public struct SHA256: Sendable {
  /// Bytes of a digest.
  public static let size = 32

  private var state = cc_sha256()

  /// The digest of no bytes.
  public init() {
    self.init(plain: false)
  }

  /// With `plain`, the processor's own instructions are left alone.
  init(plain: Bool) {
    cc_sha256_start(&state, plain)
  }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { cc_sha256_update(&state, $0.baseAddress, $0.count) }
  }

  /// The digest of the bytes so far: 32 bytes. More may follow.
  public func digest() -> [UInt8] {
    var state = state
    return [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, count in
      cc_sha256_finish(&state, buffer.baseAddress)
      count = Self.size
    }
  }

  /// The digest as 64 hexadecimal digits, as `sha256sum` prints it.
  public func finish() -> String {
    digest().hexadecimal
  }
}

extension [UInt8] {
  /// Two digits a byte.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
