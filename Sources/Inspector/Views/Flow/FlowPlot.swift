import Migration
import Terminal

extension TimePlot {
  /// What was left to be moved and the rate, over time; marked where the device was stopped and where it began anew.
  init(_ status: FlowStatus) {
    let samples = status.samples.all
    func points(_ value: (FlowSamples.Sample) -> Double?) -> [Point] {
      samples.map { Point($0.time / .seconds(1), value($0)) }
    }
    func left(_ name: String, _ letter: Character, _ style: Style, _ figure: KeyPath<Estimate, UInt64?>) -> Series? {
      guard samples.contains(where: { $0.estimate[keyPath: figure] != nil }) else { return nil }
      return Series(name, letter, style, points { $0.estimate[keyPath: figure].map { Double($0) } }, text: size)
    }
    let estimates = [
      left("pending", "p", .live, \.pending), left("initial", "i", .live, \.initial),
      left("dirty", "d", .warning, \.dirty), left("stop-copy", "s", .dim, \.stopCopy),
    ].compactMap { $0 }
    // A device that does not say what is left still takes or gives it; and a short flow is over before it was asked often.
    let isShort = status.ending != nil && samples.count < Self.fewest
    let moved = Series("moved", "m", .live, isShort ? status.course : points { Double($0.bytes) }, text: size)
    let rate = Series("rate", "r", .accent, points(\.rate), hasOwnScale: true) { "\(size($0))/s" }
    let marks =
      status.samples.reinits.map { Mark($0 / .seconds(1), "R") }
      + (status.stopped.map { [Mark($0 / .seconds(1), "S")] } ?? [])
    let lines = isShort ? [moved] : (estimates.isEmpty ? [moved] : estimates) + [rate]
    self.init(lines, marks: marks) { $0 == 0 ? "0 s" : took(.seconds($0)) }
  }

  /// Samples that make a line.
  private static let fewest = 4

  /// What the letters of the marks stand for; empty when there are none.
  static func legend(_ status: FlowStatus) -> String {
    [
      status.samples.reinits.isEmpty ? nil : "R the device began anew (REINIT)",
      status.stopped == nil ? nil : "S source stopped",
    ].compactMap { $0 }.joined(separator: "   ")
  }
}

extension FlowStatus {
  /// Whether there is anything to plot.
  var hasCourse: Bool { !samples.all.isEmpty || report.map { $0.bytes > 0 } ?? false }

  /// The bytes that had been moved at the start, and when each phase was over.
  fileprivate var course: [TimePlot.Point] {
    phases.reduce(into: [TimePlot.Point(0, 0)]) { points, phase in
      let (time, moved) = (points.last?.time ?? 0, points.last?.value ?? 0)
      points.append(TimePlot.Point(time + phase.duration / .seconds(1), moved + Double(phase.bytes)))
    }
  }
}
