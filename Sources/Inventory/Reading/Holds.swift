extension String {
  /// Whether `word` stands in this text, byte by byte. The library's own search is made for whole Unicode and takes ten
  /// times as long.
  func holds(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { word in
      var rest = utf8[...]
      while rest.count >= word.count {
        if rest.starts(with: word) { return true }
        rest = rest.dropFirst()
      }
      return false
    }
  }
}
