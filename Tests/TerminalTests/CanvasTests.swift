import Testing

@testable import Terminal

@Suite("A canvas")
struct CanvasTests {
  @Test("holds what is put on it and is blank elsewhere")
  func put() {
    var canvas = Canvas(height: 2, width: 8)
    let end = canvas.put("stop", row: 1, column: 2, style: .warning)
    #expect(canvas.lines == ["", "  stop"])
    #expect(canvas.text == "\n  stop\n")
    #expect(end == 6)
    #expect(canvas[1, 2]?.style == .warning)
    #expect(canvas[0, 2]?.style == .normal)
  }

  @Test("has no cells outside")
  func outside() {
    let canvas = Canvas(height: 2, width: 3)
    #expect(canvas[0, 0] != nil)
    #expect(canvas[2, 0] == nil)
    #expect(canvas[0, 3] == nil)
    #expect(canvas[-1, 0] == nil)
  }

  @Test(
    "draws only inside the rectangle",
    arguments: [(-2, "cdef"), (0, "abcdef"), (3, "   abc"), (6, ""), (-9, "")])
  func clip(column: Int, expected: String) {
    var canvas = Canvas(height: 1, width: 6)
    canvas.put("abcdef", row: 0, column: column)
    #expect(canvas.lines == [expected])
  }

  @Test("draws only inside a clip that is smaller than itself, or outside of it")
  func smallClip() {
    var canvas = Canvas(height: 3, width: 6)
    let clip = Rectangle(row: 1, column: 1, height: 1, width: 3)
    for row in -1...3 { canvas.put("abcdef", row: row, column: 0, within: clip) }
    #expect(canvas.lines == ["", " bcd", ""])
    canvas.put("x", row: 5, column: 5, within: Rectangle(row: 5, column: 5, height: 9, width: 9))
    #expect(canvas.lines == ["", " bcd", ""])
  }

  @Test(
    "leaves a blank where a wide character would be cut in half",
    arguments: [(0, "日本 "), (1, " 日本"), (-1, " 本")])
  func wideAtTheEdge(column: Int, expected: String) {
    var canvas = Canvas(height: 1, width: 5)
    canvas.put("日本語", row: 0, column: column, style: .danger)
    let line = (0..<5).compactMap { canvas[0, $0]?.text }.joined()
    #expect(line.hasPrefix(expected))
    #expect(canvas[0, 4]?.width == 1 || canvas[0, 3]?.width == 2)
  }

  @Test(
    "blanks the other half of a wide character that is overwritten", arguments: [(0, "x 本"), (1, " x本"), (2, "日x")])
  func overwriteHalf(column: Int, expected: String) {
    var canvas = Canvas(height: 1, width: 4)
    canvas.put("日本", row: 0, column: 0)
    canvas.put("x", row: 0, column: column)
    #expect(canvas.lines == [expected])
    #expect((0..<4).compactMap { canvas[0, $0]?.width }.reduce(0, +) == 4)
  }

  @Test("draws a box with a title and gives its inside")
  func box() {
    var canvas = Canvas(height: 3, width: 12)
    let inside = canvas.box(canvas.bounds, title: "state")
    #expect(canvas.lines == ["┌ state ───┐", "│          │", "└──────────┘"])
    #expect(inside == Rectangle(row: 1, column: 1, height: 1, width: 10))
    #expect(canvas[0, 2]?.style == .title)
    #expect(canvas[0, 0]?.style == .border)
  }

  @Test("draws a box in ASCII, and shortens a title that is too long")
  func asciiBox() {
    var canvas = Canvas(height: 3, width: 10, glyphs: .ascii)
    canvas.box(canvas.bounds, title: "pending_bytes")
    #expect(canvas.lines == ["+ pendin~+", "|        |", "+--------+"])
  }

  @Test("draws no box where there is no room for one", arguments: [(1, 9), (9, 1), (0, 0)])
  func noRoomForABox(height: Int, width: Int) {
    var canvas = Canvas(height: 2, width: 9)
    let inside = canvas.box(Rectangle(row: 0, column: 0, height: height, width: width), title: "state")
    #expect(canvas == Canvas(height: 2, width: 9))
    #expect(inside.height * inside.width == 0)
  }

  @Test("draws lines")
  func lines() {
    var canvas = Canvas(height: 2, width: 5)
    canvas.horizontalLine(row: 0, columns: 1..<9)
    canvas.verticalLine(column: 0, rows: -3..<9)
    #expect(canvas.lines == ["│────", "│"])
  }

  @Test("fills an area")
  func fill() {
    var canvas = Canvas(height: 2, width: 4)
    canvas.fill(Rectangle(row: 0, column: 2, height: 9, width: 9), with: "#", style: .badge)
    #expect(canvas.lines == ["  ##", "  ##"])
    #expect(canvas[1, 3]?.style == .badge)
  }

  @Test("aligns text, and ends text that does not fit in an ellipsis")
  func align() {
    var canvas = Canvas(height: 4, width: 8)
    func row(_ row: Int) -> Rectangle { Rectangle(row: row, column: 0, height: 1, width: 8) }
    canvas.putRight("42", in: row(0))
    canvas.putCentered("mid", in: row(1))
    canvas.putFitted("resuming now", in: row(2))
    canvas.putRight("日本語日本語", in: row(3))
    #expect(canvas.lines == ["      42", "  mid", "resumin…", " 日本語…"])
  }

  @Test("selects an area without touching its text")
  func select() {
    var canvas = Canvas(height: 1, width: 4)
    canvas.put("ok", row: 0, column: 0, style: .good)
    canvas.select(canvas.bounds)
    #expect(canvas.lines == ["ok"])
    #expect(canvas[0, 0]?.style == Style.normal.selected)
    #expect(canvas[0, 3]?.style == .normal.selected)
  }

  @Test("is drawn in runs of one style that never part a wide character")
  func runs() {
    var canvas = Canvas(height: 1, width: 6)
    canvas.put("a日本b", row: 0, column: 0)
    canvas.select(Rectangle(row: 0, column: 2, height: 1, width: 2))
    #expect(Painter.runs(of: canvas.cells(inRow: 0)) == [0..<3, 3..<5, 5..<6])
    #expect(Painter.runs(of: Canvas(height: 1, width: 0).cells(inRow: 0)).isEmpty)
  }

  @Test("of no size takes anything and shows nothing", arguments: [(0, 0), (-1, 5), (5, -1), (1, 1)])
  func tiny(height: Int, width: Int) {
    var canvas = Canvas(height: height, width: width)
    canvas.box(Rectangle(row: 0, column: 0, height: 20, width: 20), title: "日本")
    canvas.put("日本", row: 0, column: 0)
    canvas.putWrapped("a b c", in: canvas.bounds.inset())
    canvas.putRight("long text", in: canvas.bounds)
    canvas.fill(Rectangle(row: -5, column: -5, height: 50, width: 50), with: "x")
    #expect(canvas.lines.count == max(0, height))
    #expect(canvas.lines.allSatisfy { $0.count <= max(0, width) })
  }
}
