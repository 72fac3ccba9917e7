import Glibc

/// Hands each line of a big file to `body`, without the line's end. At most `limit` bytes are read.
func forEachLine(
  ofFile path: String, limit: Int = 16 << 20, _ body: (ArraySlice<UInt8>) -> Void
) throws(ReadFailure) {
  let bytes = try wholeFile(path, limit: limit)
  var start = 0
  while start < bytes.count {
    let end = index(ofLineEndIn: bytes, from: start)
    body(bytes[start..<end])
    start = end + 1
  }
}

private func index(ofLineEndIn bytes: [UInt8], from start: Int) -> Int {
  bytes.withUnsafeBytes { buffer in
    let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
    guard let base = rest.baseAddress, let end = memchr(base, CInt(UInt8(ascii: "\n")), rest.count) else {
      return bytes.count
    }
    return start + (UnsafeRawPointer(end) - base)
  }
}

private func wholeFile(_ path: String, limit: Int) throws(ReadFailure) -> [UInt8] {
  let file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
  guard file >= 0 else { throw ReadFailure(path: path) }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw ReadFailure(path: path) }
  var failed: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: max(0, min(Int(status.st_size), limit))) { buffer, count in
    while count < buffer.count {
      let got = read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failed = errno }
      if got <= 0 { break }
      count += got
    }
  }
  if failed != 0 { throw ReadFailure(path: path, errno: failed) }
  return bytes
}
