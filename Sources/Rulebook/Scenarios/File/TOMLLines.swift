/// Where in a file of TOML a table or a key stands: the library that reads it does not tell.
///
/// A place is named by its keys, with the number of each element of a list of tables: `steps`, `2`, `expect`. Keys inside
/// a table on one line are not told apart; they are on that line.
struct TOMLLines {
  private var lines: [[String]: Int] = [:]

  init(_ text: String) {
    var table: [String] = []
    var counts: [[String]: Int] = [:]
    var isInText = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      // A text over several lines may hold what looks like a key.
      let quotes = max(0, line.ranges(of: "\"\"\"").count + line.ranges(of: "'''").count)
      defer { if quotes % 2 == 1 { isInText.toggle() } }
      guard !isInText else { continue }
      let code = line.drop { $0 == " " || $0 == "\t" }
      if code.hasPrefix("[") {
        table = Self.header(code, &counts)
        lines[table] = index + 1
      } else if let key = Self.key(code) {
        lines[table + [key], default: index + 1] = lines[table + [key]] ?? index + 1
      }
    }
  }

  /// The line of the innermost of these keys that is known.
  func line(of path: [String]) -> Int? {
    var path = path
    while !path.isEmpty {
      if let line = lines[path] { return line }
      path.removeLast()
    }
    return nil
  }

  /// `[[steps]]` is the next element of that list, `[steps.expect]` belongs to the last one.
  private static func header(_ code: Substring, _ counts: inout [[String]: Int]) -> [String] {
    let isList = code.hasPrefix("[[")
    let name = code.drop { $0 == "[" }.prefix { $0 != "]" }
    let parts = name.split(separator: ".").map { String($0.filter { $0 != " " && $0 != "\"" }) }
    var path: [String] = []
    for (index, part) in parts.enumerated() {
      path.append(part)
      if isList && index == parts.count - 1 {
        counts[path, default: 0] += 1
      }
      if let count = counts[path] { path.append("\(count - 1)") }
    }
    return path
  }

  private static func key(_ code: Substring) -> String? {
    guard let equals = code.firstIndex(of: "="), !code.hasPrefix("#") else { return nil }
    let key = code[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
    return key.isEmpty ? nil : key
  }
}
