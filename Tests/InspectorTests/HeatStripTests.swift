import Terminal
import Testing
import VFIO

@testable import Inspector

@Suite("A strip of dirty pages")
struct HeatStripTests {
  private func bitmap(_ pages: some Sequence<Int>, of count: UInt64) -> DirtyBitmap {
    var bitmap = DirtyBitmap(DMARange(iova: 0x10_0000, length: count * 4096), pageSize: 4096)
    for page in pages { bitmap[page] = true }
    return bitmap
  }

  @Test(
    "shades each part by how many of its pages were written",
    arguments: [(Glyphs.utf8, " ░▒▓█"), (Glyphs.ascii, " .:*#")])
  func shades(glyphs: Glyphs, expected: String) {
    // 8 pages a column: none, one, three, seven, all.
    let pages = [8, 16, 17, 18] + Array(24..<31) + Array(32..<40)
    #expect(HeatStrip(glyphs: glyphs).text(bitmap(pages, of: 40), width: 5) == expected)
  }

  @Test("shows a single page of very many, and nothing for none")
  func onePage() {
    let strip = HeatStrip(glyphs: .ascii)
    #expect(strip.text(bitmap([70_000], of: 100_000), width: 10) == "       .  ")
    #expect(strip.text(bitmap(0..<99_999, of: 100_000), width: 10) == "#########*")
    #expect(strip.text(bitmap([], of: 100_000), width: 10) == "          ")
  }

  @Test("is no wider than there are pages")
  func fewPages() {
    #expect(HeatStrip(glyphs: .ascii).text(bitmap([1], of: 3), width: 48) == " # ")
  }

  @Test("as a map has the address before each line, and no more lines than wanted")
  func map() {
    let strip = HeatStrip(glyphs: .ascii)
    #expect(
      strip.map(bitmap([0, 7], of: 10), width: 4, height: 16) == [
        "0x100000 |#   |", "0x104000 |   #|", "0x108000 |  |",
      ])
    #expect(strip.map(bitmap(0..<10, of: 1000), width: 4, height: 2) == ["0x100000 |.   |", "0x300000 |    |"])
  }
}
