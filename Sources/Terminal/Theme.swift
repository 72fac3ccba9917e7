/// A colour of the terminal's own palette, so that the user's scheme applies.
public enum Color: Int16, Hashable, Sendable {
  /// Whatever the terminal has by default; keeps light and transparent backgrounds.
  case terminal = -1
  /// A colour as the user's scheme has it.
  case black, red, green, yellow, blue, magenta, cyan, white
}

/// How text looks.
public struct Appearance: Hashable, Sendable {
  /// Attributes that need no colour. A terminal that lacks one leaves it out.
  public struct Attributes: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Attributes from bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Bright or heavy.
    public static let bold = Attributes(rawValue: 1)
    /// Faint.
    public static let dim = Attributes(rawValue: 2)
    /// Foreground and background exchanged.
    public static let reverse = Attributes(rawValue: 4)
    /// A line below.
    public static let underline = Attributes(rawValue: 8)
  }

  /// The colour of the text.
  public var foreground: Color
  /// The colour behind it.
  public var background: Color
  /// Everything but colour.
  public var attributes: Attributes

  /// An appearance; by default the terminal's own.
  public init(_ foreground: Color = .terminal, on background: Color = .terminal, _ attributes: Attributes = []) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }
}

/// How each role looks.
public struct Theme: Hashable, Sendable {
  private let appearances: [Role: Appearance]

  /// A theme; roles left out look like ordinary text.
  public init(_ appearances: [Role: Appearance]) {
    self.appearances = appearances
  }

  /// How text of a style looks: as its role says, and inverted if it is selected.
  public func appearance(of style: Style) -> Appearance {
    var result = appearances[style.role] ?? Appearance()
    guard style.isSelected else { return result }
    // Faint text on a bar cannot be read.
    result.attributes = result.attributes.subtracting(.dim).union(.reverse)
    return result
  }

  /// Colours on the terminal's own background.
  public static let color = Theme([
    .title: Appearance(.terminal, .bold),
    .dim: Appearance(.terminal, .dim),
    .live: Appearance(.cyan),
    .stale: Appearance(.terminal, .dim),
    .warning: Appearance(.yellow),
    .danger: Appearance(.red, .bold),
    .good: Appearance(.green),
    .key: Appearance(.cyan, .bold),
    .border: Appearance(.terminal, .dim),
    .focusedBorder: Appearance(.cyan),
    .badge: Appearance(.terminal, .reverse),
    .accent: Appearance(.magenta),
  ])

  /// No colours, for terminals without and for users who ask for none.
  public static let mono = Theme([
    .title: Appearance(.terminal, .bold),
    .dim: Appearance(.terminal, .dim),
    .stale: Appearance(.terminal, .dim),
    .warning: Appearance(.terminal, .underline),
    .danger: Appearance(.terminal, [.bold, .underline]),
    .key: Appearance(.terminal, .bold),
    .border: Appearance(.terminal, .dim),
    .focusedBorder: Appearance(.terminal, .bold),
    .badge: Appearance(.terminal, .reverse),
    .accent: Appearance(.terminal, .bold),
  ])

  /// The theme for a terminal: ``mono`` if it has no colours or if the user set NO_COLOR to anything but nothing
  /// (https://no-color.org).
  public static func suited(colorCount: Int, noColor: String?) -> Theme {
    colorCount < 8 || noColor.map { !$0.isEmpty } == true ? .mono : .color
  }
}

extension Appearance {
  fileprivate init(_ foreground: Color, _ attributes: Attributes) {
    self.init(foreground, on: .terminal, attributes)
  }
}
