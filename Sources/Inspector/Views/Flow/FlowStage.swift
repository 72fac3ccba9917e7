import Migration
import Terminal

/// One part of the way that a flow goes.
struct FlowStage: Equatable {
  enum Standing: Equatable {
    case ahead
    case current
    case done
    case failed
  }

  let name: String
  let standing: Standing
  /// Bytes, then chunks and time; a line each.
  let details: [String]

  /// The way of a flow. `states` are those that the device that gives has.
  static func all(of flow: Flow, _ status: FlowStatus, states: [String]) -> [FlowStage] {
    switch flow.job {
    case .migrate: saving(flow, status, states) + [resuming(status), running(status)]
    case .save: saving(flow, status, states)
    case .load: [phase("resuming", status), running(status)]
    }
  }

  private static func saving(_ flow: Flow, _ status: FlowStatus, _ states: [String]) -> [FlowStage] {
    let hasPreCopy = flow.options.preCopy && states.contains("pre-copy")
    return (hasPreCopy ? ["pre-copy"] : []).map { phase($0, status) } + [phase("stop-copy", status)]
  }

  private static func phase(_ name: String, _ status: FlowStatus) -> FlowStage {
    guard let phase = status.phases.last(where: { $0.state == name }) else {
      return FlowStage(name: name, standing: .ahead, details: [])
    }
    let isLast = status.phases.last?.state == name
    let chunks = phase.chunks.map { "\(grouped($0)) chunk\($0 == 1 ? "" : "s"), " } ?? ""
    return FlowStage(
      name: name, standing: isLast ? status.lastStanding : .done,
      details: [size(Double(phase.bytes)), chunks + took(phase.duration)])
  }

  /// The destination takes data from the first byte on.
  private static func resuming(_ status: FlowStatus) -> FlowStage {
    let details = status.bytes == 0 ? [] : [size(Double(status.bytes))]
    return FlowStage(
      name: "resuming", standing: status.phases.isEmpty ? .ahead : status.lastStanding, details: details)
  }

  private static func running(_ status: FlowStatus) -> FlowStage {
    let downtime = status.report?.downtime.map { ["downtime", took($0)] } ?? []
    return FlowStage(name: "running", standing: status.isDone ? .done : .ahead, details: downtime)
  }

  // MARK: drawing

  /// Draws stages side by side, in three rows.
  static func draw(_ stages: [FlowStage], on canvas: inout Canvas, in area: Rectangle) {
    let width = area.width / max(1, stages.count)
    for (index, stage) in stages.enumerated() {
      let place = Rectangle(
        row: area.row, column: area.column + index * width + 1, height: area.height, width: width - 1)
      stage.draw(on: &canvas, in: place, isLast: index == stages.count - 1)
    }
  }

  private func draw(on canvas: inout Canvas, in place: Rectangle, isLast: Bool) {
    let (sign, style) = look(canvas.glyphs)
    let end = canvas.put("\(sign) \(name)", row: place.row, column: place.column, style: style, within: place)
    if !isLast {
      let room = Rectangle(row: place.row, column: end, height: 1, width: place.endColumn - end)
      canvas.putRight("\(canvas.glyphs.right) ", in: room, style: .border)
    }
    for (offset, line) in details.enumerated() where offset + 1 < place.height {
      let room = Rectangle(row: place.row + offset + 1, column: place.column + 2, height: 1, width: place.width - 2)
      canvas.putFitted(line, in: room, style: .dim)
    }
  }

  private func look(_ glyphs: Glyphs) -> (sign: String, style: Style) {
    switch standing {
    case .ahead: (glyphs.idle, .dim)
    case .current: (glyphs.live, .live)
    case .done: (glyphs.check, .good)
    case .failed: (glyphs.failure, .danger)
    }
  }
}

extension FlowStatus {
  /// How the part of the way stands that was gone last.
  fileprivate var lastStanding: FlowStage.Standing { ending == nil ? .current : isDone ? .done : .failed }
}
