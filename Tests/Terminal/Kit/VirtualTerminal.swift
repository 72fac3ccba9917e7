/// A terminal in memory: what a program writes goes in, what a person would see comes out.
///
/// It knows what ncurses sends for xterm-256color, tmux-256color, linux and vt100, and says so when it meets a
/// sequence that it does not know (`unknown`), so that a screen is never right by accident.
struct VirtualTerminal {
  /// One place on the screen; `text` is empty behind a wide character.
  struct Cell: Equatable {
    var text = " "
    var rendition = Rendition()
  }

  /// How text looks (SGR).
  struct Rendition: Equatable {
    var bold = false
    var dim = false
    var underline = false
    var reverse = false
    /// Index in the palette; nil for the default colour.
    var foreground: Int?
    var background: Int?
  }

  struct Cursor: Equatable {
    var row = 0
    var column = 0
  }

  /// The sets of characters a program can switch between.
  enum CharacterSet { case ascii, lines }

  /// What stays when the alternate screen is left.
  struct Saved {
    var grid: [[Cell]]
    var cursor: Cursor
  }

  private(set) var rows: Int
  private(set) var columns: Int
  var grid: [[Cell]]
  var cursor = Cursor()
  var savedCursor = Cursor()
  var rendition = Rendition()
  /// The rows that scroll.
  var region: Range<Int>
  /// The main screen, while the alternate one is shown.
  var mainScreen: Saved?
  /// Private modes that are set (`\e[?…h`).
  var privateModes: Set<Int> = [7, 25]
  var insertsCharacters = false
  var applicationKeypad = false
  var sets: [CharacterSet] = [.ascii, .ascii]
  var usedSet = 0
  /// The cursor is behind the last column: the next character wraps first.
  var wrapIsPending = false
  var bells = 0
  var lastCharacter: Unicode.Scalar?
  /// Sequences that this terminal does not know.
  var unknown: [String] = []
  var parser = Parser()

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    grid = Self.blank(rows: rows, columns: columns)
    region = 0..<rows
  }

  /// The screen as lines of text, blanks at their ends left out.
  var lines: [String] {
    grid.map { row in
      let end = row.lastIndex { $0.text != " " } ?? -1
      return row[...end].reduce(into: "") { $0 += $1.text }
    }
  }

  var showsCursor: Bool { privateModes.contains(25) }
  var isAlternate: Bool { mainScreen != nil }

  static func blank(rows: Int, columns: Int) -> [[Cell]] {
    Array(repeating: Array(repeating: Cell(), count: columns), count: rows)
  }

  mutating func resize(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    grid = Self.fitted(grid, rows: rows, columns: columns)
    if let main = mainScreen { mainScreen?.grid = Self.fitted(main.grid, rows: rows, columns: columns) }
    region = 0..<rows
    move(row: cursor.row, column: cursor.column)
  }

  private static func fitted(_ grid: [[Cell]], rows: Int, columns: Int) -> [[Cell]] {
    let blank = blank(rows: rows, columns: columns)
    return (0..<rows).map { row in
      row < grid.count ? Array((grid[row] + blank[row]).prefix(columns)) : blank[row]
    }
  }

  /// Places the cursor, inside the screen whatever was asked for.
  mutating func move(row: Int, column: Int) {
    cursor = Cursor(row: min(max(0, row), rows - 1), column: min(max(0, column), columns - 1))
    wrapIsPending = false
  }
}
