extension SafeText {
  /// Breaks text into lines of at most `columns`: at newlines, then at spaces, and inside a word only if the word is
  /// wider than a line. A width below 1 gives no lines.
  public static func lines(of text: String, columns: Int, isASCII: Bool = false) -> [SafeText] {
    guard columns > 0 else { return [] }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { paragraph in
      wrap(SafeText(String(paragraph), isASCII: isASCII).pieces[...], columns: columns)
    }
  }

  private static func wrap(_ paragraph: ArraySlice<Piece>, columns: Int) -> [SafeText] {
    var lines: [SafeText] = []
    var rest = paragraph
    repeat {
      let end = lineEnd(of: rest, columns: columns)
      lines.append(SafeText(pieces: rest[..<end].droppingTrailingSpaces))
      rest = rest[end...].drop { $0.text == " " }
    } while !rest.isEmpty
    return lines
  }

  /// Where a line has to end: at the last space between words that fits, or where the room ends.
  private static func lineEnd(of pieces: ArraySlice<Piece>, columns: Int) -> Int {
    var room = columns
    var space: Int?
    let firstWord = pieces.firstIndex { $0.text != " " } ?? pieces.endIndex
    for index in pieces.indices {
      room -= pieces[index].width
      if pieces[index].text == " " && index > firstWord { space = index }
      // A character wider than the line still has to go somewhere.
      if room < 0 { return space ?? max(index, pieces.startIndex + 1) }
    }
    return pieces.endIndex
  }
}

extension ArraySlice<SafeText.Piece> {
  fileprivate var droppingTrailingSpaces: [SafeText.Piece] {
    Array(self[..<((lastIndex { $0.text != " " } ?? startIndex - 1) + 1)])
  }
}
