import Terminal

/// One line of text that is being typed.
struct TextEntry {
  /// What a key has led to.
  enum Outcome {
    case typing
    case done(String)
    case cancelled
  }

  /// What is asked for.
  let prompt: String
  private(set) var text = ""

  init(_ prompt: String) { self.prompt = prompt }

  /// Asks for an offset.
  static let offset = TextEntry("Go to byte (4096, 0x1000):")

  static let keys = [KeyHint("Enter", "done"), KeyHint("Esc", "never mind")]

  mutating func take(_ key: Key) -> Outcome {
    switch key {
    case .escape: return .cancelled
    case .enter: return text.isEmpty ? .cancelled : .done(text)
    case .backspace: _ = text.popLast()
    case .control("u"): text = ""
    case .character(let character): text.append(character)
    default: break
    }
    return .typing
  }

  /// Draws it in one row; of a long text the end is seen.
  func draw(on canvas: inout Canvas, in line: Rectangle) {
    canvas.fill(line)
    let start = canvas.put("\(prompt) ", row: line.row, column: line.column + 1, style: .key, within: line)
    let typed = SafeText(text, isASCII: canvas.glyphs.isASCII)
    let shift = max(0, typed.width - (line.endColumn - start - 1))
    let room = Rectangle(row: line.row, column: start, height: 1, width: line.endColumn - start)
    let end = canvas.put(typed, row: line.row, column: start - shift, within: room)
    canvas.cursor = Canvas.Cursor(row: line.row, column: min(end, line.endColumn - 1))
  }
}

/// What is said of a text that is no offset.
func noOffset(_ text: String) -> String { "No offset: \(text). Write it as 4096 or as 0x1000." }
