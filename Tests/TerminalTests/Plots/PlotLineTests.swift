import Testing

@testable import Terminal

@Suite("A line of a plot")
struct PlotLineTests {
  private typealias Point = TimePlot.Point

  private func line(_ points: [TimePlot.Point], columns: Int, rows: Int) -> [ClosedRange<Int>?] {
    PlotLine(
      points, over: 0...(points.map(\.time).filter(\.isFinite).max() ?? 0), PlotScale(fitting: points.map(\.value)),
      columns: columns, rows: rows
    ).columns
  }

  @Test("passes the dots between its points")
  func joined() {
    #expect(line([Point(0, 0), Point(4, 4)], columns: 5, rows: 5) == [0...0, 1...1, 2...2, 3...3, 4...4])
    #expect(line([Point(0, 4), Point(4, 0)], columns: 3, rows: 5) == [4...4, 2...3, 0...1])
  }

  @Test("has no holes where it is steep")
  func steep() {
    #expect(line([Point(0, 0), Point(1, 8), Point(2, 8)], columns: 3, rows: 9) == [0...0, 1...8, 8...8])
  }

  @Test("shows the whole of what falls into one column")
  func crowded() {
    let points = (0...1000).map { Point(Double($0), $0 % 2 == 0 ? 1 : 4) }
    #expect(line(points, columns: 2, rows: 4) == [1...3, 1...3])
  }

  @Test("breaks where there is no value, or none that can be drawn", arguments: [nil, Double.nan, .infinity])
  func broken(value: Double?) {
    let points = [Point(0, 4), Point(1, 4), Point(2, value), Point(3, 4), Point(4, 4)]
    #expect(line(points, columns: 5, rows: 4) == [3...3, 3...3, nil, 3...3, 3...3])
  }

  @Test("leaves out what lies at no time, and keeps what lies below 0 at the edge")
  func outside() {
    #expect(line([Point(.nan, 4), Point(.infinity, 4)], columns: 2, rows: 4) == [nil, nil])
    #expect(line([Point(0, -9), Point(1, 4)], columns: 2, rows: 4) == [0...0, 1...3])
  }

  @Test("of equal values is level, of one sample a dot, of nothing nothing")
  func few() {
    #expect(line([Point(0, 5), Point(9, 5)], columns: 3, rows: 8) == [7...7, 7...7, 7...7])
    #expect(line([Point(0, 0), Point(9, 0)], columns: 3, rows: 8) == [0...0, 0...0, 0...0])
    #expect(line([Point(3, 5)], columns: 3, rows: 8) == [nil, nil, 7...7])
    #expect(line([], columns: 3, rows: 8) == [nil, nil, nil])
    #expect(line([Point(0, 5)], columns: 0, rows: 0) == [])
  }
}

@Suite("A scale of a plot")
struct PlotScaleTests {
  @Test(
    "ends at a round number of bytes, not far above the highest value",
    arguments: [
      (1.0, 1.0), (1023, 1024), (1025, 1280), (5 * 1024, 5 * 1024), (5.1 * 1024, 6 * 1024), (0, 1), (-5, 1),
      (.greatestFiniteMagnitude, .greatestFiniteMagnitude), (.leastNonzeroMagnitude, .leastNonzeroMagnitude),
    ] as [(Double, Double)])
  func top(highest: Double, expected: Double) {
    #expect(PlotScale(fitting: [nil, .nan, .infinity, highest, min(highest, 0)]).top == expected)
  }
}
