import Glibc

/// Of the memory behind a file without a name that this process has mapped: how many bytes of each mapping of `size` bytes
/// are in its memory now, by `/proc/self/smaps`.
public func residentMemory(of size: Int) -> [Int] {
  guard let file = fopen("/proc/self/smaps", "r") else { return [] }
  defer { fclose(file) }
  var line = [UInt8](repeating: 0, count: 4096)
  var found: [Int] = []
  var isOurs = false
  while line.withUnsafeMutableBytes({ fgets($0.baseAddress, Int32($0.count), file) }) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    if text.contains("/memfd:") { isOurs = true }
    guard isOurs, words.count == 3, let number = Int(words[1]) else { continue }
    if words[0] == "Size:" { isOurs = number << 10 == size }
    if words[0] == "Rss:" {
      found.append(number << 10)
      isOurs = false
    }
  }
  return found
}
