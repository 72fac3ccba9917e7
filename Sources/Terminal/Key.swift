import CNcurses

/// A key that was pressed, or what the mouse did. Places are counted from 0 at the top left.
public enum Key: Hashable, Sendable {
  /// A printable character, the space included.
  case character(Character)
  /// A letter with Ctrl, in lower case: `.control("l")` is Ctrl-L.
  case control(Character)
  /// A key that moves.
  case up, down, left, right, pageUp, pageDown, home, end
  /// A key that does something. Enter is also Ctrl-J and Ctrl-M, Tab Ctrl-I, Backspace Ctrl-H.
  case enter, escape, tab, backTab, backspace, insert, delete
  /// F1 is 1. Shift and Ctrl give numbers above 12, as in terminfo.
  case function(Int)
  /// The left button went down.
  case click(row: Int, column: Int)
  /// The wheel turned away from the user.
  case wheelUp(row: Int, column: Int)
  /// The wheel turned towards the user.
  case wheelDown(row: Int, column: Int)
}

extension Key {
  /// The key for a character as the terminal sends it; nil for one that means nothing here.
  init?(scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x0A, 0x0D: self = .enter
    case 0x09: self = .tab
    case 0x08, 0x7F: self = .backspace
    case 0x1B: self = .escape
    case 0x01...0x1A: self = .control(Character(Unicode.Scalar(UInt8(0x60 + scalar.value))))
    case 0x20..<0x7F, 0xA0...: self = .character(Character(scalar))
    default: return nil
    }
  }

  /// The key for a number of curses; nil for those that mean nothing here.
  init?(curses number: Int) {
    if let key = Self.special[number] {
      self = key
    } else if (1...63).contains(number - Int(CN_KEY_F0)) {
      self = .function(number - Int(CN_KEY_F0))
    } else {
      return nil
    }
  }

  private static let special: [Int: Key] = [
    Int(CN_KEY_UP): .up, Int(CN_KEY_DOWN): .down, Int(CN_KEY_LEFT): .left, Int(CN_KEY_RIGHT): .right,
    Int(CN_KEY_PAGE_UP): .pageUp, Int(CN_KEY_PAGE_DOWN): .pageDown, Int(CN_KEY_HOME): .home, Int(CN_KEY_END): .end,
    Int(CN_KEY_ENTER): .enter, Int(CN_KEY_BACK_TAB): .backTab, Int(CN_KEY_BACKSPACE): .backspace,
    Int(CN_KEY_INSERT): .insert, Int(CN_KEY_DELETE): .delete,
  ]
}
