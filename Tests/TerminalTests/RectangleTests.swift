import Terminal
import Testing

@Suite("A rectangle")
struct RectangleTests {
  private let area = Rectangle(row: 2, column: 3, height: 10, width: 20)

  @Test(
    "is cut from the top or, with a negative number, from the bottom", arguments: [(3, 3), (-1, 9), (99, 10), (-99, 0)])
  func splitRows(rows: Int, expected: Int) {
    let (top, bottom) = area.split(rows: rows)
    #expect(top == Rectangle(row: 2, column: 3, height: expected, width: 20))
    #expect(bottom == Rectangle(row: 2 + expected, column: 3, height: 10 - expected, width: 20))
  }

  @Test(
    "is cut from the left or, with a negative number, from the right",
    arguments: [(5, 5), (-5, 15), (99, 20), (-99, 0)])
  func splitColumns(columns: Int, expected: Int) {
    let (left, right) = area.split(columns: columns)
    #expect(left == Rectangle(row: 2, column: 3, height: 10, width: expected))
    #expect(right == Rectangle(row: 2, column: 3 + expected, height: 10, width: 20 - expected))
  }

  @Test("has nothing in common with one beside it")
  func clipped() {
    #expect(area.clipped(to: Rectangle(row: 0, column: 0, height: 5, width: 5)).height == 3)
    #expect(area.clipped(to: Rectangle(row: 0, column: 30, height: 50, width: 5)).width == 0)
  }

  @Test("has no inside when it is too small")
  func inset() {
    #expect(area.inset() == Rectangle(row: 3, column: 4, height: 8, width: 18))
    #expect(Rectangle(row: 0, column: 0, height: 1, width: 1).inset().width == 0)
  }
}
