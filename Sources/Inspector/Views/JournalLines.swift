import Migration
import Terminal
import VFIO

/// The entries of a journal as lines, of which only those that are seen are written out.
struct JournalLines {
  private let entries: [Journal.Entry]
  private let start: ContinuousClock.Instant

  /// Accesses made only to look are many and say little; they can be left out.
  init(_ journal: Journal?, withLooks: Bool) {
    entries = journal?.entries(withLooks: withLooks).map(\.entry) ?? []
    start = journal?.start ?? .now
  }

  var count: Int { entries.count }

  /// Draws as many lines as there is room for; below the last one drawn there are `below` more.
  func draw(on canvas: inout Canvas, in area: Rectangle, below: Int = 0) {
    let end = max(0, count - below)
    for (offset, entry) in entries[max(0, end - area.height)..<end].enumerated() {
      let place = Rectangle(row: area.row + offset, column: area.column, height: 1, width: area.width)
      switch entry {
      case .access(let access, _):
        canvas.putFitted("  " + access.line(since: start), in: place, style: access.failure == nil ? .dim : .warning)
      case .step(let step): canvas.putFitted(step.line, in: place, style: step.isDone ? .good : .warning)
      }
    }
  }
}
