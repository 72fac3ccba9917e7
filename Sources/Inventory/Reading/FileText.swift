import Glibc

/// The beginning of one small file, as bytes.
struct FileText {
  /// The most that is read of one file. sysfs gives a page at most.
  static let limit = 4096

  let bytes: [UInt8]
  let isCut: Bool

  /// Reads the file at `path`.
  init(opening path: String) throws(ReadFailure) { try self.init(opening: path, path: path, in: AT_FDCWD) }

  /// Reads the file `name` of the folder behind a descriptor; `path` is what a failure tells.
  init(opening name: String, path: @autoclosure () -> String, in folder: CInt) throws(ReadFailure) {
    // Not blocking: a copied tree may hold a FIFO where sysfs has a file.
    let file = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { throw ReadFailure(path: path()) }
    defer { close(file) }
    try self.init(reading: file, path: path)
  }

  private init(reading file: CInt, path: () -> String) throws(ReadFailure) {
    var failed: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: FileText.limit + 1) { buffer, count in
      while count < buffer.count {
        let got = Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failed = errno }
        if got <= 0 { break }
        count += got
        // sysfs and plain files give all they have at once, so a short read that ends a line ends the file.
        if count < buffer.count && buffer[count - 1] == UInt8(ascii: "\n") { break }
      }
    }
    if failed != 0 { throw ReadFailure(path: path(), errno: failed) }
    isCut = bytes.count > FileText.limit
    self.bytes = isCut ? Array(bytes.prefix(FileText.limit)) : bytes
  }

  /// The whole text without blanks at its ends. Bytes that are not UTF-8 become U+FFFD.
  var trimmed: String {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(decoding: bytes[first...last], as: UTF8.self)
  }

  /// The number it holds, in decimal, or nil.
  var number: Int? { Int(trimmed) }

  /// Its words.
  var words: [String] { trimmed.split(whereSeparator: \.isWhitespace).map(String.init) }

  /// What follows `key` in the first line that begins with it, or nil.
  func value(after key: StaticString) -> ArraySlice<UInt8>? {
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if let value = bytes[start..<end].dropping(prefix: key) { return value }
      start = end + 1
    }
    return nil
  }
}

extension ArraySlice<UInt8> {
  /// What follows `prefix`, or nil when this does not begin with it.
  func dropping(prefix: StaticString) -> ArraySlice<UInt8>? {
    prefix.withUTF8Buffer { prefix in
      starts(with: prefix) ? dropFirst(prefix.count) : nil
    }
  }
}
