import Testing

@testable import Inspector
@testable import Terminal

/// Whole screens of captures.
@Suite struct WholeScreenOfDataTests {
  private let folder: StreamFolder

  init() throws { folder = try StreamFolder() }

  private func expect(_ screen: Screen, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try screen.expect(name, hiding: folder.path, sourceLocation: sourceLocation)
  }

  @Test func aStreamOfProtocolV1() throws {
    let file = try folder.simulated("display", "v1-reference,size=64K,dirty=0,chunk=16K")
    try expect(Screen(files: [file]), "data-v1")
  }

  @Test func aStreamOfProtocolV2ByItsRecords() throws {
    let file = try folder.simulated("network", "v2-reference,size=64K,dirty=0,flags=7")
    let screen = Screen(files: [file], height: 36, width: 120)
    screen.type("", .tab, .down)
    try expect(screen, "data-v2-records")
  }

  @Test(arguments: [Glyphs.utf8, .ascii]) func theFieldsOfARecord(glyphs: Glyphs) throws {
    let screen = Screen(files: [try folder.mtty("serial")], glyphs: glyphs)
    screen.type("", .tab, .down)
    try expect(screen, glyphs.isASCII ? "data-mtty-ascii" : "data-mtty")
  }

  @Test func recordsWithoutAMagicNumber() throws {
    let screen = Screen(files: [try folder.file("vf", StreamFolder.mlx5)])
    screen.type("", .tab, .end)
    try expect(screen, "data-mlx5")
  }

  @Test func plainBytesOfNoFormat() throws {
    let text = (0..<40).map { "line \($0) of some text\n" }.joined()
    let screen = Screen(files: [try folder.file("text", Array(text.utf8))], height: 36, width: 120)
    screen.type("", .enter)
    try expect(screen, "data-plain")
  }

  @Test func onTheSmallestScreenFieldsThatDoNotFitAreCounted() throws {
    let file = try folder.simulated("network", "v2-reference,size=64K,dirty=0,flags=7")
    let screen = Screen(files: [file], height: 16, width: 60)
    screen.type("", .tab)
    try expect(screen, "data-small")
    #expect(screen.text.contains(/and \d more/))
  }

  @Test func aFileThatWasCut() throws {
    let file = try folder.mtty("serial")
    folder.cut(file, to: 300)
    try expect(Screen(files: [file]), "data-cut")
  }

  @Test func twoStreamsSideBySide() throws {
    let files = [try folder.mtty("before"), try folder.mtty("after", divisor: 13)]
    let screen = Screen(files: files)
    screen.type("n")
    try expect(screen, "diff")
  }

  @Test func twoLongStreamsInASCII() throws {
    let files = [
      try folder.simulated("one", "v2-reference,size=64K,dirty=0"),
      try folder.simulated("other", "v2-reference,size=64K,dirty=0,seed=7"),
    ]
    let screen = Screen(files: files, height: 36, width: 160, glyphs: .ascii)
    try expect(screen, "diff-wide-ascii")
  }
}
