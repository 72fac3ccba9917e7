import Testing

@testable import Terminal

@Suite("A plot over time")
struct TimePlotTests {
  private static func plot() -> TimePlot {
    let times = (0...40).map(Double.init)
    return TimePlot(
      [
        TimePlot.Series("left", "l", .live, times.map { TimePlot.Point($0, 40 - $0) }) { "\(Int($0)) KiB" },
        TimePlot.Series(
          "rate", "r", .accent, times.map { TimePlot.Point($0, $0 < 20 ? 3 : 6) }, hasOwnScale: true
        ) { "\(Int($0))/s" },
      ], marks: [TimePlot.Mark(30, "R")], timeText: { "\(Int($0)) s" })
  }

  private func lines(_ plot: TimePlot, height: Int = 8, width: Int = 40, _ glyphs: PlotGlyphs) -> [String] {
    var canvas = Canvas(height: height, width: width, glyphs: glyphs == .ascii ? .ascii : .utf8)
    canvas.plot(plot, in: canvas.bounds, glyphs)
    return canvas.lines
  }

  @Test("in braille")
  func braille() {
    #expect(
      lines(Self.plot(), .braille) == [
        "l left 0 KiB   r rate 6/s of 6/s",
        "40 KiB ┤⠉⠑⠒⠤⢄⣀          ⡏⠉⠉⠉⠉⠉⠉R⠉⠉⠉⠉⠉⠉⠉r",
        "       │      ⠉⠑⠒⠤⢄⣀⡀  ⢸       │",
        "20 KiB ┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠚⠛⠒⠚⠢⠤⣀⡀   │",
        "       │                   ⠈⠉⠒⠢⠤⣀⡀",
        " 0 KiB ┤                       │ ⠈⠉⠑⠒⠤⢄l",
        "        0 s                         40 s",
        "",
      ])
  }

  @Test("in blocks")
  func blocks() {
    #expect(
      lines(Self.plot(), .block) == [
        "l left 0 KiB   r rate 6/s of 6/s",
        "40 KiB ┤█▇▆▄▃▂          ███████R███████r",
        "       │      █▇▆▅▃▂▁   █      │",
        "20 KiB ┤▅▅▅▅▅▅▅▅▅▅▅▅█▇▆▅▅▃▂▁   │",
        "       │                   █▇▆▅▃▂▁",
        " 0 KiB ┤                       │  █▆▅▄▂l",
        "        0 s                         40 s",
        "",
      ])
  }

  @Test("in ASCII")
  func ascii() {
    #expect(
      lines(Self.plot(), .ascii) == [
        "l left 0 KiB   r rate 6/s of 6/s",
        "40 KiB +lllll           rrrrrrrRrrrrrrrr",
        "       |     llllllll   r      |",
        "20 KiB +rrrrrrrrrrrrllllllll   |",
        "       |                    llllllll",
        " 0 KiB +                       |    llll",
        "        0 s                         40 s",
        "",
      ])
  }

  @Test("names half of its scale in the middle, however high it is", arguments: 5...20)
  func half(height: Int) throws {
    let lines = lines(Self.plot(), height: height, .braille)
    let rows = ["40 KiB", "20 KiB", " 0 KiB"].map { label in lines.firstIndex { $0.hasPrefix("\(label) ┤") } }
    let (top, middle, bottom) = (try #require(rows[0]), try #require(rows[1]), try #require(rows[2]))
    #expect(middle - top == bottom - middle)
  }

  @Test("names its lines in two rows when one is not enough, and with an ellipsis where there is room for one only")
  func names() {
    let narrow = lines(Self.plot(), width: 28, .braille)
    #expect(narrow.prefix(2) == ["l left 0 KiB", "r rate 6/s of 6/s"])
    #expect(lines(Self.plot(), height: 5, width: 28, .braille)[0] == "l left 0 KiB   r rate 6/s o…")
  }

  @Test("is drawn in ASCII on a canvas that has nothing else, whatever was asked for")
  func asciiOnly() {
    var canvas = Canvas(height: 8, width: 40, glyphs: .ascii)
    canvas.plot(Self.plot(), in: canvas.bounds, .braille)
    #expect(canvas.lines == lines(Self.plot(), .ascii))
  }

  @Test("stays inside its area, and is left out of one that is too small", arguments: PlotGlyphs.allCases)
  func area(glyphs: PlotGlyphs) {
    for (height, width) in [(0, 0), (1, 1), (4, 40), (20, 23)] {
      #expect(lines(Self.plot(), height: height, width: width, glyphs).joined() == "")
    }
    var canvas = Canvas(height: 10, width: 50)
    canvas.plot(Self.plot(), in: Rectangle(row: 2, column: 5, height: 6, width: 40), glyphs)
    for (row, line) in canvas.lines.enumerated() where !(2..<8).contains(row) { #expect(line.isEmpty) }
    for line in canvas.lines where !line.isEmpty {
      #expect(line.hasPrefix("     "))
      #expect(line.count <= 45)
    }
  }

  @Test("of no values, of values that can't be drawn, and of huge ones is drawn all the same")
  func odd() {
    let values: [[Double?]] = [
      [], [nil], [.nan, .nan], [.infinity, -.infinity], [0, 0], [.greatestFiniteMagnitude, 1],
    ]
    for (values, glyphs) in values.flatMap({ values in PlotGlyphs.allCases.map { (values, $0) } }) {
      let points = values.enumerated().map { TimePlot.Point(Double($0) * 1e300, $1) }
      let plot = TimePlot(
        [TimePlot.Series("odd", "o", .live, points) { _ in "v" }], marks: [TimePlot.Mark(.nan, "M")],
        timeText: { _ in "t" })
      #expect(lines(plot, glyphs).first?.contains("o odd") == !values.isEmpty)
    }
  }

  @Test("shows a line that is alone in its cell in its own style, and the first one where they meet")
  func styles() {
    var canvas = Canvas(height: 8, width: 40)
    canvas.plot(Self.plot(), in: canvas.bounds, .block)
    #expect(canvas[1, 9]?.style == .live)
    #expect(canvas[1, 38]?.style == .accent)
  }

  @Test("goes from one set of marks to the next and back to the first")
  func sets() {
    #expect(PlotGlyphs.braille.next == .block)
    #expect(PlotGlyphs.braille.next.next.next == .braille)
  }
}

@Suite("A sparkline")
struct SparklineTests {
  @Test("has a place for each value while there is room")
  func room() {
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], columns: 20, .block) == "▁▂▃▄▅▆▇█")
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], columns: 20, .ascii) == "_.:-=+*#")
    #expect(sparkline([0, 1, 2, 3, 3], columns: 20, .braille) == "⣠⣾⡇")
  }

  @Test("shows the highest of values that share a place, and none as blank")
  func crowded() {
    #expect(sparkline([1, 8, 1, 1, 1, 4], columns: 3, .block) == "█▂▅")
    #expect(sparkline([8, nil, .nan, 8], columns: 4, .block) == "█  █")
    #expect(sparkline([nil, nil], columns: 4, .ascii) == "  ")
  }

  @Test("of nothing, or without room, is empty", arguments: PlotGlyphs.allCases)
  func nothing(glyphs: PlotGlyphs) {
    #expect(sparkline([], columns: 8, glyphs) == "")
    #expect(sparkline([1, 2], columns: 0, glyphs) == "")
    #expect(sparkline([1, 2], columns: -3, glyphs) == "")
    #expect(sparkline([.infinity], columns: 3, glyphs).count == 1)
  }
}
