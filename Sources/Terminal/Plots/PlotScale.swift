/// From values to dots.
struct PlotScale: Hashable, Sendable {
  /// The value at the upper end; the lower end is 0.
  let top: Double

  /// A scale that these values fit on, with an end that is round in powers of two: bytes are counted so.
  init(fitting values: some Sequence<Double?>) {
    let highest = values.lazy.compactMap { $0 }.filter(\.isFinite).max() ?? 0
    top = highest > 0 ? Self.rounded(highest) : 1
  }

  private static func rounded(_ value: Double) -> Double {
    let step = Double(sign: .plus, exponent: value.exponent - 2, significand: 1)
    let end = (value / step).rounded(.up) * step
    // At the edges of what a Double holds there is nothing rounder.
    return end.isFinite && end >= value ? end : value
  }

  /// The dot of a value, counted from the bottom; nil for none. What lies outside goes to the edge.
  func dot(_ value: Double?, of count: Int) -> Int? {
    guard let value, value.isFinite else { return nil }
    return Self.dot(value / top, of: count)
  }

  /// The dot at a part of the way, which is 0 to 1.
  static func dot(_ part: Double, of count: Int) -> Int? {
    guard count > 0, !part.isNaN else { return nil }
    return Int((min(max(0, part), 1) * Double(count - 1)).rounded())
  }
}
