import Testing
import VFIO

/// A dirty bitmap as the kernel fills it: the words are handed to it as they are.
@Suite struct BitmapLayoutTests {
  @Test(
    arguments: [
      (0, 0, 0), (1, 1, 1), (4096, 1, 1), (4097, 2, 1), (64 * 4096, 64, 1), (64 * 4096 + 1, 65, 2),
      (130 * 4096, 130, 3),
    ] as [(UInt64, Int, Int)])
  func thereIsABitForEachPageInWholeWords(length: UInt64, pages: Int, words: Int) {
    let bitmap = DirtyBitmap(DMARange(iova: 0x100000, length: length), pageSize: 4096)
    #expect(bitmap.pageCount == pages)
    #expect(bitmap.words.count == words)
    #expect(bitmap.dirtyCount == 0)
  }

  @Test func aPageIsTheBitWithItsNumber() {
    var bitmap = DirtyBitmap(DMARange(iova: 0, length: 70 * 4096), pageSize: 4096)
    for page in [0, 63, 64, 69] { bitmap[page] = true }
    #expect(bitmap.words == [0x8000_0000_0000_0001, 0x21])
    bitmap[63] = false
    #expect((0..<70).filter { bitmap[$0] } == [0, 64, 69])
  }

  @Test func bitsThatTheKernelSetsBeyondTheLastPageAreNotCounted() {
    var bitmap = DirtyBitmap(DMARange(iova: 0, length: 66 * 4096), pageSize: 4096)
    bitmap.withMutableWords { words in
      for index in words.indices { words[index] = .max }
    }
    #expect(bitmap.dirtyCount == 66)
    bitmap.clear()
    #expect(bitmap.words == [0, 0])
  }
}
