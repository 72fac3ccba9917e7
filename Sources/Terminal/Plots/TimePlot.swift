/// Values over time as lines, with labels. It knows how to write a value only by what it is handed.
public struct TimePlot: Sendable {
  /// A value at a time.
  public struct Point: Hashable, Sendable {
    /// In seconds; the plot begins at 0.
    public let time: Double
    /// Nil when there is none: the line breaks.
    public let value: Double?

    /// A point.
    public init(_ time: Double, _ value: Double?) {
      self.time = time
      self.value = value
    }
  }

  /// One line.
  public struct Series: Sendable {
    /// What it shows, in a word.
    public let name: String
    /// Stands at the end of the line, so that lines differ without colours too.
    public let letter: Character
    /// How the line looks.
    public let style: Style
    /// The points, oldest first.
    public let points: [Point]
    /// Whether it has a scale of its own, whose end is named beside the line's name.
    public let hasOwnScale: Bool
    /// Writes a value.
    public let text: @Sendable (Double) -> String

    /// A line through `points`.
    public init(
      _ name: String, _ letter: Character, _ style: Style, _ points: [Point], hasOwnScale: Bool = false,
      text: @escaping @Sendable (Double) -> String
    ) {
      self.name = name
      self.letter = letter
      self.style = style
      self.points = points
      self.hasOwnScale = hasOwnScale
      self.text = text
    }

    /// The values alone.
    public var values: [Double?] { points.map(\.value) }
  }

  /// A moment at which something happened.
  public struct Mark: Hashable, Sendable {
    /// In seconds, as the points.
    public let time: Double
    /// Stands at its upper end.
    public let letter: Character

    /// A mark.
    public init(_ time: Double, _ letter: Character) {
      self.time = time
      self.letter = letter
    }
  }

  /// The lines; where they meet, the first is seen.
  public var series: [Series]
  /// What happened.
  public var marks: [Mark]
  /// Writes a time in seconds.
  public var timeText: @Sendable (Double) -> String

  /// A plot.
  public init(_ series: [Series], marks: [Mark] = [], timeText: @escaping @Sendable (Double) -> String) {
    self.series = series
    self.marks = marks
    self.timeText = timeText
  }

  /// From 0 to the last point; nil when there is none.
  var span: ClosedRange<Double>? {
    let times = series.flatMap(\.points).map(\.time).filter(\.isFinite)
    guard let first = times.min(), let last = times.max() else { return nil }
    return min(0, first)...max(0, last)
  }

  /// What all lines share that have no scale of their own.
  var sharedScale: PlotScale { PlotScale(fitting: series.filter { !$0.hasOwnScale }.flatMap(\.values)) }

  func scale(of series: Series) -> PlotScale {
    series.hasOwnScale ? PlotScale(fitting: series.values) : sharedScale
  }
}
