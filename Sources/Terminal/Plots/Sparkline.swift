/// Values as one line of text, oldest first. When there are more than fit, the highest of those that share a place is
/// shown; a place without a value is blank.
public func sparkline(_ values: [Double?], columns: Int, _ glyphs: PlotGlyphs) -> String {
  let places = min(values.count, max(0, columns) * glyphs.dotColumns)
  guard places > 0 else { return "" }
  let scale = PlotScale(fitting: values)
  let levels = glyphs == .ascii ? SparklineLevels.ascii.count : glyphs.dotRows
  let heights = (0..<places).map { place in
    let (start, end) = (place * values.count / places, (place + 1) * values.count / places)
    return values[start..<end].compactMap { scale.dot($0, of: levels) }.max()
  }
  return String(
    stride(from: 0, to: places, by: glyphs.dotColumns).map { place in
      SparklineLevels.character(Array(heights[place..<min(place + glyphs.dotColumns, places)]), glyphs)
    })
}

private enum SparklineLevels {
  static let ascii: [Character] = ["_", ".", ":", "-", "=", "+", "*", "#"]

  /// The character for the heights of the values that share a cell.
  static func character(_ heights: [Int?], _ glyphs: PlotGlyphs) -> Character {
    switch glyphs {
    case .braille: PlotGlyphs.character(braille: PlotGlyphs.braille(heights.map { $0.map { 0...$0 } }))
    case .block: heights[0].map { PlotGlyphs.eighths[$0] } ?? " "
    case .ascii: heights[0].map { ascii[$0] } ?? " "
    }
  }
}
