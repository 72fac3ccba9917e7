import Migration
import Terminal

/// The line that tells a device's state, live or as it was last seen, and at its right what the device has not answered.
struct StateLine {
  private let status: DeviceStatus
  private let now: ContinuousClock.Instant

  init(_ status: DeviceStatus, at now: ContinuousClock.Instant) {
    self.status = status
    self.now = now
  }

  func draw(on canvas: inout Canvas, in line: Rectangle) {
    let end = status.observation.map { draw($0, on: &canvas, in: line) } ?? line.column - 2
    let right = Rectangle(row: line.row, column: end + 2, height: 1, width: line.endColumn - end - 2)
    if let failure = status.lookFailure {
      canvas.putRight("\(canvas.glyphs.failure) last look failed: \(failure)", in: right, style: .danger)
    } else if let work = status.busy(at: now) {
      canvas.putRight("busy: \(work.name)\(work.age(at: now))", in: right, style: .warning)
    }
  }

  /// - Returns: the column behind the state.
  private func draw(
    _ observation: MigrationSession.Observation, on canvas: inout Canvas, in line: Rectangle
  ) -> Int {
    let (state, isStale) = (observation.state, status.isStale(at: now))
    let style: Style = state.isError ? .danger : isStale ? .stale : .live
    let mark = isStale ? canvas.glyphs.idle : canvas.glyphs.live
    let age =
      isStale
      ? " last seen \(seconds(observation.time.duration(to: now))) ago"
      : status.stateSince.map { " for \(seconds($0.duration(to: now)))" } ?? ""
    var column = canvas.put("state ", row: line.row, column: line.column, style: .dim, within: line)
    column = canvas.put("\(mark) \(state.name)", row: line.row, column: column, style: style, within: line)
    return canvas.put(
      "  \(state.protocolName) (\(state.number))\(age)", row: line.row, column: column, style: .dim, within: line)
  }
}

extension DeviceStatus.Work {
  /// ` for 3 s`: how long it has been under way.
  func age(at now: ContinuousClock.Instant) -> String { " for \(seconds(since.duration(to: now)))" }
}
