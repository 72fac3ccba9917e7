extension VirtualTerminal {
  /// A control sequence: `\e[`, perhaps a prefix, numbers, and the letter that says what to do.
  struct ControlSequence {
    let prefix: Character?
    let numbers: [Int?]
    let final: Character

    /// A number; 0 and one left out both mean the default.
    func number(_ index: Int = 0, default value: Int = 1) -> Int {
      guard index < numbers.count, let number = numbers[index], number > 0 else { return value }
      return number
    }
  }

  mutating func run(_ sequence: ControlSequence) {
    let known =
      sequence.prefix == nil
      ? moveCursor(sequence) || erase(sequence) || shift(sequence) || setModes(sequence)
      : sequence.prefix == "?" && setPrivateModes(sequence)
    if !known { unknown.append("CSI \(sequence)") }
  }

  private mutating func moveCursor(_ sequence: ControlSequence) -> Bool {
    let count = sequence.number()
    switch sequence.final {
    case "A": move(row: cursor.row - count, column: cursor.column)
    case "B": move(row: cursor.row + count, column: cursor.column)
    case "C": move(row: cursor.row, column: cursor.column + count)
    case "D": move(row: cursor.row, column: cursor.column - count)
    case "G": move(row: cursor.row, column: count - 1)
    case "d": move(row: count - 1, column: cursor.column)
    case "H", "f": move(row: count - 1, column: sequence.number(1) - 1)
    case "Z": move(row: cursor.row, column: (cursor.column - 1) / 8 * 8)
    case "r":
      region = max(0, count - 1)..<min(rows, sequence.number(1, default: rows))
      move(row: 0, column: 0)
    default: return false
    }
    return true
  }

  private mutating func erase(_ sequence: ControlSequence) -> Bool {
    let last = columns - 1
    switch (sequence.final, sequence.number(default: 0)) {
    case ("J", 0):
      blank(row: cursor.row, cursor.column...last)
      for row in cursor.row + 1..<max(rows, cursor.row + 1) { blank(row: row, 0...last) }
    case ("J", 1):
      blank(row: cursor.row, 0...cursor.column)
      for row in 0..<cursor.row { blank(row: row, 0...last) }
    case ("J", 2): for row in 0..<rows { blank(row: row, 0...last) }
    case ("K", 0): blank(row: cursor.row, cursor.column...last)
    case ("K", 1): blank(row: cursor.row, 0...cursor.column)
    case ("K", 2): blank(row: cursor.row, 0...last)
    case ("X", _): blank(row: cursor.row, cursor.column...min(last, cursor.column + sequence.number() - 1))
    default: return false
    }
    return true
  }

  /// Inserts and deletes lines and characters, scrolls, repeats.
  private mutating func shift(_ sequence: ControlSequence) -> Bool {
    let count = sequence.number()
    switch sequence.final {
    case "L": scroll(cursor.row..<region.upperBound, by: -count)
    case "M": scroll(cursor.row..<region.upperBound, by: count)
    case "S": scroll(region, by: count)
    case "T": scroll(region, by: -count)
    case "@": insertBlanks(count)
    case "P": deleteCharacters(count)
    case "b": if let lastCharacter { for _ in 0..<count { put(lastCharacter) } }
    default: return false
    }
    return true
  }

  private mutating func setModes(_ sequence: ControlSequence) -> Bool {
    switch (sequence.final, sequence.number(default: 0)) {
    case ("h", 4): insertsCharacters = true
    case ("l", 4): insertsCharacters = false
    // tmux's cnorm sets the shape of the cursor; xterm's ca mode saves its title.
    case ("h", 34), ("l", 34), ("t", 22), ("t", 23): break
    case ("m", _): select(sequence.numbers.map { $0 ?? 0 })
    default: return false
    }
    return true
  }

  private mutating func setPrivateModes(_ sequence: ControlSequence) -> Bool {
    // linux: \e[?0c, \e[?1c give the shape of the cursor.
    if sequence.final == "c" { return true }
    guard sequence.final == "h" || sequence.final == "l" else { return false }
    for mode in sequence.numbers.compactMap({ $0 }) {
      if sequence.final == "h" { privateModes.insert(mode) } else { privateModes.remove(mode) }
      if mode == 1049 { showAlternate(sequence.final == "h") }
    }
    return true
  }

  private mutating func showAlternate(_ alternate: Bool) {
    if alternate, mainScreen == nil {
      mainScreen = Saved(grid: grid, cursor: cursor)
      grid = Self.blank(rows: rows, columns: columns)
    } else if !alternate, let main = mainScreen {
      grid = main.grid
      mainScreen = nil
      move(row: main.cursor.row, column: main.cursor.column)
    }
  }
}
