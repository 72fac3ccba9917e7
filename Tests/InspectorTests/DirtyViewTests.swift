import Migration
import TestSupport
import Testing
import VFIO

@testable import Inspector
@testable import Terminal

@Suite("The view of dirty pages")
struct DirtyViewTests {
  @Test("asks before the device gets memory, and only for an armed device")
  func asks() {
    let dirty = DirtyScreen()
    dirty.screen.type("d")
    #expect(dirty.screen.text.contains("Read-only: press a to arm this device first."))
    dirty.screen.type("ayd")
    #expect(dirty.screen.text.contains("Watch its dirty pages?"))
    dirty.screen.type("n")
    #expect(dirty.screen.text.contains("Journal"))
    #expect(dirty.calls == [])
    dirty.screen.type("dy")
    #expect(dirty.screen.text.contains("Dirty pages of sim:v2-reference"))
    #expect(
      dirty.calls == ["MAP_DMA 0x100000 2097152 bytes", "FEATURE SET DMA_LOGGING_START 1 range page size 4096"])
  }

  @Test("shows each report and the union of all")
  func reports() throws {
    let dirty = DirtyScreen()
    dirty.beginWatch()
    #expect(dirty.screen.text.contains("no report yet"))
    dirty.pass(seconds: 1)
    let first = try #require(dirty.screen.status(dirty.reference).dirty?.last)
    #expect(first.dirtyCount > 0)
    #expect(dirty.screen.text.contains("last        \(first.dirtyCount) of 512 pages"))
    dirty.pass(seconds: 2)
    let last = try #require(dirty.screen.status(dirty.reference).dirty?.last)
    #expect(last.unionCount > first.unionCount)
    #expect(dirty.screen.text.contains("in all      \(last.unionCount) of 512 pages"))
  }

  @Test("goes on while the device is stopped: its pages fade until all are cold")
  func cooling() throws {
    let dirty = DirtyScreen()
    dirty.beginWatch()
    dirty.pass(seconds: 2)
    #expect(dirty.map.contains("█"))
    dirty.screen.type("sj", .enter)
    dirty.screen.type("y")
    #expect(dirty.screen.text.contains("state ● stop "))
    #expect(dirty.screen.text.contains("Dirty pages of"))
    dirty.pass(seconds: 1)
    #expect(!dirty.map.contains("█"))
    #expect(dirty.map.contains("▓"))
    #expect(dirty.screen.text.contains("last        0 of 512 pages, 0 %, 0 bytes/s"))
    dirty.pass(seconds: 8)
    #expect(!dirty.map.contains { "░▒▓█".contains($0) })
  }

  @Test("when it is left, stops logging and takes the memory back", arguments: ["v1", "v2"])
  func left(version: String) {
    let dirty = DirtyScreen("\(version)-reference,dirty=0")
    dirty.beginWatch()
    dirty.pass(seconds: 1)
    dirty.screen.type("", .escape)
    #expect(dirty.screen.text.contains("Journal"))
    let ends = dirty.calls.suffix(2).map { $0.prefix(12) }
    #expect(ends == (version == "v1" ? ["UNMAP_DMA 0x", "DIRTY_PAGES "] : ["FEATURE SET ", "UNMAP_DMA 0x"]))
    let count = dirty.calls.count
    dirty.pass(seconds: 2)
    #expect(dirty.calls.count == count)
    dirty.screen.type("dy")
    #expect(dirty.screen.text.contains("no report yet"))
  }

  @Test("is ended by closing the device too")
  func closed() {
    let dirty = DirtyScreen()
    dirty.beginWatch()
    #expect(dirty.screen.app.store.close(dirty.reference))
    #expect(dirty.calls.suffix(2).map { $0.prefix(9) } == ["FEATURE S", "UNMAP_DMA"])
    #expect(dirty.screen.app.store.status(dirty.reference)?.dirty == nil)
  }

  @Test("says why nothing can be watched")
  func noLog() {
    let dirty = DirtyScreen("v1-reference,dirty=0,logging=no")
    dirty.beginWatch()
    #expect(dirty.screen.text.contains("Dirty pages can't be watched: neither the device nor its container can log"))
    dirty.screen.type("", .escape)
    #expect(dirty.screen.text.contains("Journal"))
  }

  @Test("says that every page counts as dirty when the log fails, and asks it no more")
  func failed() {
    let dirty = DirtyScreen("v2-reference,dirty=0,dma=0")
    dirty.beginWatch()
    dirty.pass(seconds: 1)
    // A reset ends the device's own log.
    dirty.screen.type("s", .end, .enter)
    dirty.screen.type("y")
    dirty.pass(seconds: 1)
    #expect(dirty.screen.text.contains("every page has to be taken for dirty, logging failed: "))
    #expect(dirty.screen.text.contains("in all      512 of 512 pages, 100 %"))
    let count = dirty.calls.count
    dirty.pass(seconds: 3)
    #expect(dirty.calls.count == count)
  }
}

extension DirtyScreen {
  /// The picture of the pages, without the lines around it.
  var map: String {
    let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.hasPrefix("┌ Pages") }.dropFirst().joined(separator: "\n")
  }
}

@Suite("Whole screens of dirty pages")
struct DirtyScreenTests {
  @Test("as they look while the device runs", arguments: [(24, 80), (36, 120)])
  func running(height: Int, width: Int) throws {
    let dirty = DirtyScreen(height: height, width: width)
    dirty.beginWatch()
    dirty.pass(seconds: 5)
    try dirty.screen.expect("dirty-\(width)")
  }

  @Test("as they look in ASCII", arguments: [(24, 80), (36, 120)])
  func ascii(height: Int, width: Int) throws {
    let dirty = DirtyScreen("v1-reference,dirty=0", height: height, width: width, glyphs: .ascii)
    dirty.beginWatch()
    dirty.pass(seconds: 5)
    try dirty.screen.expect("dirty-ascii-\(width)")
    #expect(!dirty.screen.text.unicodeScalars.contains { !$0.isASCII })
  }

  @Test("as they look when the device has been stopped")
  func stopped() throws {
    let dirty = DirtyScreen()
    dirty.beginWatch()
    dirty.pass(seconds: 4)
    dirty.screen.type("sj", .enter)
    dirty.screen.type("y")
    dirty.pass(seconds: 3)
    try dirty.screen.expect("dirty-stopped")
  }

  @Test("fit on the smallest screen")
  func smallest() throws {
    let dirty = DirtyScreen(height: 16, width: 60)
    dirty.beginWatch()
    dirty.pass(seconds: 3)
    try dirty.screen.expect("dirty-small")
  }

  @Test("ask before they begin")
  func question() throws {
    let dirty = DirtyScreen()
    dirty.screen.type("ayd")
    try dirty.screen.expect("dirty-confirm")
  }
}

@Suite("A grid of pages")
struct PageGridTests {
  @Test("has rows that begin at round pages, and a column for each page where there is room")
  func rows() {
    let grid = PageGrid(pageCount: 512, width: 67, height: 13)
    #expect((grid.columns, grid.pagesInRow, grid.rowCount) == (64, 64, 8))
    #expect(grid.pages(inRow: 7) == 448..<512)
    #expect(grid.cells(inRow: 0).count == 64)
    #expect(grid.cells(inRow: 1)[5] == 69..<70)
  }

  @Test("puts several pages into a column when there are many, and several columns to a page when there are few")
  func density() {
    let many = PageGrid(pageCount: 100_000, width: 64, height: 13)
    #expect(many.pagesInRow == 8192)
    #expect(many.rowCount == 13)
    #expect(many.cells(inRow: 0)[1] == 128..<256)
    let few = PageGrid(pageCount: 512, width: 64, height: 25, stretch: 2)
    #expect((few.columns, few.pagesInRow, few.rowCount) == (64, 32, 16))
    #expect(few.cells(inRow: 0).prefix(4) == [0..<1, 0..<1, 1..<2, 1..<2])
  }

  @Test("ends where the pages end")
  func end() {
    let grid = PageGrid(pageCount: 10, width: 4, height: 16)
    #expect(grid.rowCount == 3)
    #expect(grid.cells(inRow: 2) == [8..<9, 9..<10])
    #expect(PageGrid(pageCount: 1, width: 64, height: 1, stretch: 2).cells(inRow: 0).allSatisfy { $0 == 0..<1 })
    #expect(PageGrid(pageCount: 5, width: 0, height: 0).rowCount == 1)
  }
}
