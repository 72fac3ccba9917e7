import Testing

@testable import Migration

/// The digest that a second thread makes.
@Suite struct SideDigestTests {
  @Test func isThatOfTheBytesInTheirOrderInPiecesOfAnyLength() {
    var numbers = SeededNumbers(seed: 11)
    let bytes = numbers.bytes(3_000_000)
    let digest = SideDigest()
    var offset = 0
    while offset < bytes.count {
      // Often short, sometimes longer than all that can be on its way.
      let limit = [1, 5000, 300_000, 2_000_000][Int.random(in: 0..<4, using: &numbers)]
      let end = min(bytes.count, offset + Int.random(in: 0...limit, using: &numbers))
      let piece = bytes.span.bytes.extracting(offset..<end)
      if Bool.random(using: &numbers) {
        digest.add(piece)
      } else {
        var crc = CRC32C()
        digest.add(piece, updating: &crc)
        #expect(crc == CRC32C(piece))
      }
      offset = end
    }
    #expect(digest.finish() == sha256(bytes))
  }

  @Test func canBeTakenInTheMiddle() {
    let digest = SideDigest()
    let bytes = [UInt8](repeating: 7, count: 200_000)
    #expect(digest.finish() == sha256([]))
    digest.add(bytes.span.bytes)
    #expect(digest.finish() == sha256(bytes))
    digest.add(bytes.span.bytes)
    #expect(digest.finish() == sha256(bytes + bytes))
  }

  @Test func oneThatNobodyAskedForGoesAwayQuietly() {
    SideDigest().add([UInt8](repeating: 7, count: 3_000_000).span.bytes)
  }

  private func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var sha256 = SHA256()
    sha256.update(bytes.span.bytes)
    return sha256.digest()
  }
}
