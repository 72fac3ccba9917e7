import CChecksum
import Testing

@testable import Migration

/// The checksums of the stream file, by the published vectors and against each other.
@Suite struct ChecksumTests {
  /// RFC 3720, appendix B.4.
  @Test(arguments: crc32cVectors)
  func crc32cGivesTheValuesOfRFC3720(_ bytes: [UInt8], _ value: UInt32) {
    #expect(CRC32C(bytes.span.bytes).value == value)
    #expect(bytes.withUnsafeBytes { cc_crc32c_plain(0, $0.baseAddress, $0.count) } == value)
  }

  /// FIPS 180-4 and the examples published with it.
  @Test(arguments: [
    ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func sha256GivesTheValuesOfTheStandard(_ text: String, _ times: Int, _ digest: String) {
    let bytes = Array(String(repeating: text, count: times).utf8)
    for plain in [false, true] {
      var sha = SHA256(plain: plain)
      sha.update(bytes.span.bytes)
      #expect(sha.finish() == digest)
    }
  }

  @Test func theFastWaysGiveWhatThePlainOnesGiveAtAnyLengthAndAlignment() {
    var numbers = SeededNumbers(seed: 1)
    let bytes = numbers.bytes(120_000)
    for turn in 0..<400 {
      let start = Int.random(in: 0..<64, using: &numbers)
      let limit = turn.isMultiple(of: 8) ? bytes.count - start : 5000
      let span = bytes.span.bytes.extracting(start..<start + Int.random(in: 0...limit, using: &numbers))
      let before = UInt32.random(in: 0...UInt32.max, using: &numbers)
      let (fast, plain) = span.withUnsafeBytes {
        (cc_crc32c(before, $0.baseAddress, $0.count), cc_crc32c_plain(before, $0.baseAddress, $0.count))
      }
      #expect(fast == plain, "\(span.byteCount) bytes from \(start)")
      #expect(digest(span, plain: false) == digest(span, plain: true), "\(span.byteCount) bytes from \(start)")
    }
  }

  @Test func bytesMayComeInPiecesOfAnyLength() {
    var numbers = SeededNumbers(seed: 2)
    let bytes = numbers.bytes(60_000)
    var crc = CRC32C()
    var sha = SHA256()
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + Int.random(in: 0...300, using: &numbers))
      crc.update(bytes.span.bytes.extracting(offset..<end))
      sha.update(bytes.span.bytes.extracting(offset..<end))
      offset = end
    }
    #expect(crc == CRC32C(bytes.span.bytes))
    #expect(sha.digest() == digest(bytes.span.bytes, plain: true))
  }

  @Test func aDigestCanBeTakenInTheMiddle() {
    var sha = SHA256()
    sha.update(Array("ab".utf8).span.bytes)
    _ = sha.digest()
    sha.update(Array("c".utf8).span.bytes)
    #expect(sha.finish().hasPrefix("ba7816bf"))
  }

  private func digest(_ bytes: RawSpan, plain: Bool) -> [UInt8] {
    var sha = SHA256(plain: plain)
    sha.update(bytes)
    return sha.digest()
  }
}

/// "An iSCSI - SCSI Read (10) Command PDU" of RFC 3720.
private let iscsiRead: [UInt8] =
  [0x01, 0xC0, 0, 0] + [UInt8](repeating: 0, count: 12) + [0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14]
  + [0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]

private let crc32cVectors: [([UInt8], UInt32)] = [
  ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
  ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
  (Array(0...31), 0x46DD_794E),
  (Array((0...31).reversed()), 0x113F_DB5C),
  (iscsiRead, 0xD996_3A56),
]
