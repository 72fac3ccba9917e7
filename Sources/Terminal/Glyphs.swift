import CNcurses

/// The marks that views draw with: one set for UTF-8, one for terminals that show only ASCII. Each takes
/// one column, those of a tree two.
public struct Glyphs: Hashable, Sendable {
  /// Whether text outside ASCII is to be replaced too.
  public let isASCII: Bool
  /// Lines.
  public let horizontal, vertical: String
  /// Corners of a box.
  public let topLeft, topRight, bottomLeft, bottomRight: String
  /// Where lines meet: the name tells the side that goes on (`teeRight` is ├).
  public let teeRight, teeLeft, teeDown, teeUp, cross: String
  /// Arrows.
  public let left, right, up, down: String
  /// A tree: a child, the last child, the trunk beside deeper rows. Two columns each.
  public let branch, lastBranch, trunk: String
  /// Whether a tree's row is open or folded.
  public let open, folded: String
  /// Marks: done, failed, a point in a list, a value that is live, one that is not.
  public let check, failure, bullet, live, idle: String
  /// Between two things, where text was cut, and for a value that is not there.
  public let separator, ellipsis, none: String
  /// A full cell and an empty one, for bars.
  public let full, empty: String
  /// How much there is of something, from nothing to all of it.
  public let shades: [String]

  /// For a locale whose codeset is UTF-8.
  public static let utf8 = Glyphs(
    isASCII: false, horizontal: "─", vertical: "│",
    topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘",
    teeRight: "├", teeLeft: "┤", teeDown: "┬", teeUp: "┴", cross: "┼",
    left: "←", right: "→", up: "↑", down: "↓",
    branch: "├─", lastBranch: "└─", trunk: "│ ", open: "▾", folded: "▸",
    check: "✓", failure: "✗", bullet: "•", live: "●", idle: "○",
    separator: "·", ellipsis: "…", none: "–", full: "█", empty: "░",
    shades: [" ", "░", "▒", "▓", "█"])

  /// For every other terminal.
  public static let ascii = Glyphs(
    isASCII: true, horizontal: "-", vertical: "|",
    topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
    teeRight: "+", teeLeft: "+", teeDown: "+", teeUp: "+", cross: "+",
    left: "<", right: ">", up: "^", down: "v",
    branch: "|-", lastBranch: "`-", trunk: "| ", open: "-", folded: "+",
    check: "+", failure: "x", bullet: "*", live: "*", idle: "o",
    separator: "|", ellipsis: "~", none: "-", full: "#", empty: ".",
    shades: [" ", ".", ":", "*", "#"])

  /// What the locale's codeset allows.
  public static var ofLocale: Glyphs { cn_set_locale() ? .utf8 : .ascii }

  /// The shade for a share of 0 to 1: the first only for nothing at all, the last only for all of it.
  public func shade(_ share: Double) -> String {
    let steps = shades.count - 1
    return share > 0 ? shades[min(steps, 1 + Int(share * Double(steps - 1)))] : shades[0]
  }
}
