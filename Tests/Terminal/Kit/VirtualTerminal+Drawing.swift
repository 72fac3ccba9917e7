extension VirtualTerminal {
  /// The alternate set of a DEC terminal: letters that draw lines.
  private static let lineDrawing: [Character: Unicode.Scalar] = [
    "q": "─", "x": "│", "l": "┌", "k": "┐", "m": "└", "j": "┘", "t": "├", "u": "┤", "w": "┬", "v": "┴", "n": "┼",
    "a": "▒", "`": "◆", "~": "·", "0": "█", "h": "░", ",": "←", "+": "→", "-": "↑", ".": "↓",
  ]

  /// Draws a character at the cursor.
  mutating func put(_ received: Unicode.Scalar) {
    let isLine = sets[usedSet] == .lines
    let scalar = isLine ? Self.lineDrawing[Character(received)] ?? received : received
    let width = Self.width(of: scalar)
    guard width > 0 else { return combine(scalar) }
    lastCharacter = received
    wrapIfNeeded(for: width)
    if insertsCharacters { insertBlanks(width) }
    cutWideCharacters(at: cursor.column..<cursor.column + width)
    grid[cursor.row][cursor.column] = Cell(text: String(scalar), rendition: rendition)
    if width == 2 { grid[cursor.row][cursor.column + 1] = Cell(text: "", rendition: rendition) }
    wrapIsPending = cursor.column + width >= columns
    cursor.column = min(cursor.column + width, columns - 1)
  }

  private mutating func combine(_ mark: Unicode.Scalar) {
    var column = wrapIsPending ? cursor.column : cursor.column - 1
    if column > 0, grid[cursor.row][column].text.isEmpty { column -= 1 }
    if column >= 0 { grid[cursor.row][column].text.unicodeScalars.append(mark) }
  }

  private mutating func wrapIfNeeded(for width: Int) {
    guard wrapIsPending || cursor.column + width > columns else { return }
    guard privateModes.contains(7) else { return move(row: cursor.row, column: columns - width) }
    move(row: cursor.row, column: 0)
    lineFeed()
  }

  /// What is left of a wide character that is half overwritten is a blank.
  private mutating func cutWideCharacters(at range: Range<Int>) {
    let row = cursor.row
    if range.lowerBound > 0, grid[row][range.lowerBound].text.isEmpty { grid[row][range.lowerBound - 1].text = " " }
    if range.upperBound < columns, grid[row][range.upperBound].text.isEmpty { grid[row][range.upperBound].text = " " }
  }

  mutating func lineFeed() {
    wrapIsPending = false
    if cursor.row == region.upperBound - 1 { scroll(region, by: 1) } else { cursor.row = min(cursor.row + 1, rows - 1) }
  }

  mutating func reverseLineFeed() {
    wrapIsPending = false
    if cursor.row == region.lowerBound { scroll(region, by: -1) } else { cursor.row = max(cursor.row - 1, 0) }
  }

  /// Moves rows up, or down if the number is negative; blank ones come in.
  mutating func scroll(_ range: Range<Int>, by count: Int) {
    guard !range.isEmpty else { return }
    let distance = min(abs(count), range.count)
    let blanks = Array(repeating: blankRow, count: distance)
    let kept = Array(count > 0 ? grid[range].dropFirst(distance) : grid[range].dropLast(distance))
    grid.replaceSubrange(range, with: count > 0 ? kept + blanks : blanks + kept)
  }

  mutating func insertBlanks(_ count: Int) {
    let distance = min(count, columns - cursor.column)
    grid[cursor.row].insert(contentsOf: blankRow.prefix(distance), at: cursor.column)
    grid[cursor.row].removeLast(distance)
  }

  mutating func deleteCharacters(_ count: Int) {
    let distance = min(count, columns - cursor.column)
    grid[cursor.row].removeSubrange(cursor.column..<cursor.column + distance)
    grid[cursor.row] += blankRow.prefix(distance)
  }

  /// Blanks take the background that is set ("bce").
  mutating func blank(row: Int, _ columns: ClosedRange<Int>) {
    for column in columns { grid[row][column] = blankRow[column] }
  }

  private var blankRow: [Cell] {
    Array(repeating: Cell(text: " ", rendition: Rendition(background: rendition.background)), count: columns)
  }

  /// SGR.
  mutating func select(_ codes: [Int]) {
    var codes = codes.isEmpty ? [0][...] : codes[...]
    while let code = codes.popFirst() {
      switch code {
      case 0: rendition = Rendition()
      case 1: rendition.bold = true
      case 2: rendition.dim = true
      case 4: rendition.underline = true
      case 7: rendition.reverse = true
      case 10, 11: break  // linux: fonts
      case 22: (rendition.bold, rendition.dim) = (false, false)
      case 24: rendition.underline = false
      case 27: rendition.reverse = false
      case 30...37: rendition.foreground = code - 30
      case 90...97: rendition.foreground = code - 90 + 8
      case 39: rendition.foreground = nil
      case 40...47: rendition.background = code - 40
      case 100...107: rendition.background = code - 100 + 8
      case 49: rendition.background = nil
      case 38: rendition.foreground = Self.palette(&codes)
      case 48: rendition.background = Self.palette(&codes)
      default: unknown.append("SGR \(code)")
      }
    }
  }

  /// `5;n` after 38 or 48.
  private static func palette(_ codes: inout ArraySlice<Int>) -> Int? {
    codes.popFirst() == 5 ? codes.popFirst() : nil
  }

  /// Columns of a character, for what the tests draw: not taken from the C library, so that it can contradict it.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036F, 0x0E31, 0x0E34...0x0E3A, 0x20D0...0x20FF, 0x200D, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
