import Testing

@testable import VFIO

@Suite("A dirty bitmap")
struct DirtyBitmapTests {
  private static let range = DMARange(iova: 0x10_0000, length: 200 * 4096)

  private func bitmap(_ pages: [Int], _ range: DMARange = range) -> DirtyBitmap {
    var bitmap = DirtyBitmap(range, pageSize: 4096)
    for page in pages { bitmap[page] = true }
    return bitmap
  }

  @Test("counts its pages, all of them or those in a part")
  func counts() {
    let some = bitmap([0, 63, 64, 127, 128, 199])
    #expect(some.pageCount == 200)
    #expect(some.dirtyCount == 6)
    for (pages, count) in [(0..<64, 2), (1..<63, 0), (63..<65, 2), (64..<128, 2), (0..<200, 6), (5..<5, 0)] {
      #expect(some.dirtyCount(in: pages) == count, "\(pages)")
    }
  }

  @Test("with all bits set counts no page beyond its last")
  func filled() {
    for pages in [1, 63, 64, 65, 200] as [UInt64] {
      var all = DirtyBitmap(DMARange(iova: 0, length: pages * 4096), pageSize: 4096)
      all.fill()
      #expect(all.dirtyCount == Int(pages))
      #expect(all.dirtyRanges == [all.range])
      all.clear()
      #expect(all.dirtyCount == 0)
    }
  }

  @Test("takes over another one's pages and keeps its own")
  func union() {
    var one = bitmap([1, 100])
    one.formUnion(bitmap([2, 100, 199]))
    #expect(one == bitmap([1, 2, 100, 199]))
  }

  @Test("says where its pages are, neighbours together")
  func ranges() {
    #expect(bitmap([]).dirtyRanges == [])
    #expect(
      bitmap([0, 1, 63, 64, 65, 199]).dirtyRanges == [
        DMARange(iova: 0x10_0000, length: 0x2000), DMARange(iova: 0x13_F000, length: 0x3000),
        DMARange(iova: 0x1C_7000, length: 0x1000),
      ])
  }

  @Test("of a range that ends inside a page says nothing of what lies behind it")
  func partOfAPage() {
    let range = DMARange(iova: 0, length: 10_000)
    #expect(bitmap([2], range).dirtyRanges == [DMARange(iova: 8192, length: 1808)])
  }

  @Test(
    "and ranges: they overlap where they share an address",
    arguments: [
      ((0, 10), (9, 1), true), ((0, 10), (10, 1), false), ((5, 5), (0, 5), false), ((5, 5), (0, 6), true),
      ((0, 10), (3, 2), true), ((0, 0), (0, 10), false), ((.max, 1), (0, 10), false), ((.max, 1), (.max, 1), true),
    ] as [((UInt64, UInt64), (UInt64, UInt64), Bool)])
  func overlaps(one: (UInt64, UInt64), other: (UInt64, UInt64), expected: Bool) {
    let (one, other) = (DMARange(iova: one.0, length: one.1), DMARange(iova: other.0, length: other.1))
    #expect(one.overlaps(other) == expected)
    #expect(other.overlaps(one) == expected)
  }
}
