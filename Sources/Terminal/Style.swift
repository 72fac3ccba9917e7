/// What a piece of text is, which decides how it looks. Views name roles and never colours; a ``Theme`` maps them.
public enum Role: UInt8, CaseIterable, Sendable {
  /// Each is told by the ``Style`` of its name.
  case normal, title, dim, live, stale, warning, danger, good, key, border, focusedBorder, badge, accent
}

/// A role, and whether the text is under the selection bar.
public struct Style: Hashable, Sendable {
  /// What the text is.
  public var role: Role
  /// Whether it is part of the selected row, which is drawn inverted.
  public var isSelected: Bool

  /// A style for text with this role.
  public init(_ role: Role, isSelected: Bool = false) {
    self.role = role
    self.isSelected = isSelected
  }

  /// The same, as part of the selected row.
  public var selected: Style { Style(role, isSelected: true) }

  /// Ordinary text.
  public static let normal = Style(.normal)
  /// A heading.
  public static let title = Style(.title)
  /// Text that matters less.
  public static let dim = Style(.dim)
  /// A value that is read again and again.
  public static let live = Style(.live)
  /// A value that was read a while ago.
  public static let stale = Style(.stale)
  /// Something to look at.
  public static let warning = Style(.warning)
  /// Something wrong, or about to do harm.
  public static let danger = Style(.danger)
  /// Something that went well.
  public static let good = Style(.good)
  /// The name of a key.
  public static let key = Style(.key)
  /// A line around something.
  public static let border = Style(.border)
  /// A line around what has the keys.
  public static let focusedBorder = Style(.focusedBorder)
  /// A short word on a bar of its own.
  public static let badge = Style(.badge)
  /// Text that stands out and means neither good nor bad.
  public static let accent = Style(.accent)
}
