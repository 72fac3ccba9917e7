/// What pages hold that nobody has written: contents that follow from seed, page and stamp and need not be stored.
///
/// A page begins with its number and its stamp (two u64); the rest is a piece of 64 KiB of noise. Where the piece
/// begins depends on seed, page and stamp. So making a page, and recognizing one, costs no more than copying it.
struct Pattern: Sendable {
  static let labelSize = 16
  private static let starts: UInt64 = 8192

  let seed: UInt64
  private let noise: [UInt64]

  init(seed: UInt64) {
    self.seed = seed
    var numbers = SplitMix64(seed: seed)
    noise = (0..<Int(Self.starts) + DeviceMemory.pageSize / 8).map { _ in numbers.next() }
  }

  /// Writes the page into `target`, from `offset` on.
  func fill(_ page: Int, stamp: UInt64, into target: inout MutableRawSpan, at offset: Int) {
    target.copy(noise.span.bytes.extracting(piece(page, stamp)), at: offset)
    target.storeBytes(of: UInt64(page), toByteOffset: offset, as: UInt64.self)
    target.storeBytes(of: stamp, toByteOffset: offset + 8, as: UInt64.self)
  }

  /// The stamp with which this pattern makes these contents, or nil when it does not.
  func stamp(of contents: RawSpan, at page: Int) -> UInt64? {
    guard contents.unsafeLoadUnaligned(as: UInt64.self) == UInt64(page) else { return nil }
    let stamp = contents.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self)
    let body = Self.labelSize..<DeviceMemory.pageSize
    let expected = noise.span.bytes.extracting(piece(page, stamp)).extracting(body)
    return contents.extracting(body).equals(expected) ? stamp : nil
  }

  /// Where in the noise, in bytes, the page's contents are.
  private func piece(_ page: Int, _ stamp: UInt64) -> Range<Int> {
    let mixed = SplitMix64.mixed(seed ^ SplitMix64.mixed(UInt64(page)) ^ SplitMix64.mixed(~stamp))
    let start = Int(mixed % Self.starts) * 8
    return start..<start + DeviceMemory.pageSize
  }
}
