import Rulebook

/// The course of a run as pictures (SVG).
extension Course {
  private static let width = 960.0
  private static let left = 110.0
  private static let lane = 22.0

  /// The states over time: a lane a state. Nil when no state was seen.
  var stateDrawing: String? {
    let seen = points.compactMap { point -> (time: Double, name: String)? in
      if case .state(let name) = point.sight { (point.seconds, name) } else { nil }
    }
    guard !seen.isEmpty else { return nil }
    var names: [String] = []
    for state in seen where !names.contains(state.name) { names.append(state.name) }
    let height = Double(names.count) * Self.lane + 24
    let lanes = names.enumerated().map { index, name in
      let y = Double(index) * Self.lane + Self.lane / 2
      return """
        <text x="\(Self.left - 8)" y="\(y + 4)" text-anchor="end">\(escaped(name))</text>\
        <line x1="\(Self.left)" y1="\(y)" x2="\(Self.width)" y2="\(y)" stroke="#8884"/>
        """
    }
    let bars = seen.enumerated().map { index, state in
      let start = x(state.time)
      let end = index + 1 < seen.count ? x(seen[index + 1].time) : Self.width
      let y = Double(names.firstIndex(of: state.name) ?? 0) * Self.lane + 5
      let color = state.name == "error" ? "#cf222e" : "#0969da"
      return """
        <rect x="\(start.short)" y="\(y)" width="\(max(0.8, end - start).short)" height="\(Self.lane - 10)" \
        fill="\(color)"><title>\(escaped(state.name)) at \(state.time.short) s</title></rect>
        """
    }
    return drawing("The states over time", height, lanes + bars)
  }

  /// The values over time: a line each. Nil when none was seen more than once.
  var valueDrawing: String? {
    let series = values.filter { $0.points.count > 1 }
    let top = series.flatMap(\.points).map(\.value).max() ?? 0
    guard top > 0 else { return nil }
    let height = 180.0
    let colors = ["#0969da", "#cf222e", "#1a7f37", "#9a6700"]
    let lines = series.enumerated().map { index, line in
      let path = line.points.map { point in
        "\(x(point.time).short),\((height - 30 - Double(point.value) / Double(top) * (height - 50)).short)"
      }.joined(separator: " ")
      let color = colors[index % colors.count]
      return """
        <polyline points="\(path)" fill="none" stroke="\(color)" stroke-width="1.5"/>\
        <text x="\(Self.left + 8 + Double(index) * 160)" y="12" style="fill:\(color)">\(escaped(line.name))</text>
        """
    }
    let axis = """
      <text x="\(Self.left - 8)" y="24" text-anchor="end">\(top) bytes</text>\
      <text x="\(Self.left - 8)" y="\(height - 26)" text-anchor="end">0</text>\
      <line x1="\(Self.left)" y1="\(height - 30)" x2="\(Self.width)" y2="\(height - 30)" stroke="#8888"/>
      """
    return drawing("The values over time", height, [axis] + lines)
  }

  /// The values that make no line, in words; nil when there are none.
  var valuesSeenOnce: String? {
    let single = values.filter { $0.points.count == 1 }
    guard !single.isEmpty else { return nil }
    let words = single.map { line in "\(escaped(line.name)) \(line.points[0].value) bytes" }
    return "<p>Seen once: \(words.joined(separator: ", ")).</p>"
  }

  private var values: [(name: String, points: [(time: Double, value: UInt64)])] {
    var series: [(name: String, points: [(time: Double, value: UInt64)])] = []
    for point in points {
      guard case .value(let name, let value) = point.sight else { continue }
      if let index = series.firstIndex(where: { $0.name == name }) {
        series[index].points.append((point.seconds, value))
      } else {
        series.append((name, [(point.seconds, value)]))
      }
    }
    return series
  }

  private func drawing(_ title: String, _ height: Double, _ parts: [String]) -> String {
    """
    <figure><svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-label="\(title)">
    \(parts.joined(separator: "\n"))
    <text x="\(Self.left)" y="\(height - 4)">0 s</text>
    <text x="\(Self.width)" y="\(height - 4)" text-anchor="end">\(length.short) s</text>
    </svg></figure>
    """
  }

  private var length: Double { points.last.map(\.seconds) ?? 0 }

  private func x(_ time: Double) -> Double {
    Self.left + (length > 0 ? time / length : 0) * (Self.width - Self.left)
  }
}

extension Course.Point {
  fileprivate var seconds: Double { time / .seconds(1) }
}

extension Double {
  /// With as many digits as a picture needs.
  fileprivate var short: String { "\((self * 1000).rounded() / 1000)" }
}
