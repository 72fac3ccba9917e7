import Glibc
import VFIO

/// A descriptor of a file or a pipe whose failed calls are faults that name it.
final class StreamDescriptor {
  let number: Int32
  let name: String
  private let closes: Bool
  /// Bytes read or written so far, by the calls that have no offset of their own.
  private(set) var position: UInt64 = 0
  /// The file's type, one of `S_IFMT`; 0 when it has none.
  private let type: mode_t
  /// Lets others end the wait for it; nil for a file, which nobody waits for.
  let wait: StreamWait?
  /// How it is written to; nil until it is.
  private var passage: Passage?

  /// Uses a descriptor that somebody else closes.
  ///
  /// - Parameter passage: how it is written to; nil takes the best way.
  init(borrowing number: Int32, name: String, by passage: Passage? = nil) {
    self.number = number
    self.passage = passage
    self.name = name
    closes = false
    (type, wait) = Self.kind(of: number)
  }

  /// A second descriptor of the same open file, closed apart from it.
  init(copying other: StreamDescriptor) throws(StreamFault) {
    number = fcntl(other.number, F_DUPFD_CLOEXEC, 0)
    name = other.name
    closes = number >= 0
    (type, wait) = (other.type, other.wait)
    if number < 0 { throw .failed("dup", name) }
  }

  /// Opens a file. `mode` is for a file that is made.
  init(opening path: String, _ flags: Int32, mode: mode_t = 0) throws(StreamFault) {
    number = open(path, flags | O_CLOEXEC, mode)
    name = path
    closes = number >= 0
    let fault: StreamFault? = number < 0 ? .failed("open", path) : nil
    (type, wait) = Self.kind(of: number)
    if let fault { throw fault }
  }

  /// Opens a file for reading, or takes the standard input for `-`.
  convenience init(reading path: String) throws(StreamFault) {
    if path == "-" {
      self.init(borrowing: STDIN_FILENO, name: "standard input")
    } else {
      try self.init(opening: path, O_RDONLY)
    }
  }

  deinit {
    if case .own(let own) = passage { close(own) }
    if closes { close(number) }
  }

  private static func kind(of number: Int32) -> (mode_t, StreamWait?) {
    var status = stat()
    guard fstat(number, &status) == 0 else { return (0, nil) }
    let type = status.st_mode & S_IFMT
    return (type, [S_IFREG, S_IFBLK, S_IFDIR].contains(type) ? nil : StreamWait())
  }

  /// The file's description.
  func status() throws(StreamFault) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .failed("stat", name) }
    return status
  }

  /// Whether what was written by it can be read by it again.
  var canReadBack: Bool {
    let flags = fcntl(number, F_GETFL)
    return flags >= 0 && flags & O_ACCMODE == O_RDWR && lseek(number, 0, SEEK_CUR) >= 0
  }

  /// Reads until `buffer` is full, or at least `enough` bytes of it, or the end has come.
  ///
  /// - Returns: the bytes read; fewer than that only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, enough: Int? = nil) throws(StreamFault) -> Int {
    try repeatedly("read", enough ?? buffer.count, waitingFor: POLLIN, first: wait != nil) { done in
      Glibc.read(number, buffer.baseAddress.map { $0 + done }, buffer.count - done)
    }
  }

  /// The same at an offset of the file; the position stays as it is.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StreamFault) -> Int {
    let before = position
    defer { position = before }
    return try repeatedly("read", buffer.count, waitingFor: POLLIN) { done in
      pread(number, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset) + off_t(done))
    }
  }

  /// The bytes at this offset of the file; fewer at its end, unless `all` of them have to be there.
  func bytes(at offset: UInt64, count: Int, all: Bool = false) throws(StreamFault) -> [UInt8] {
    var fault: StreamFault?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, got in
      do throws(StreamFault) {
        got = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    if all && bytes.count < count { throw shortened(at: offset + UInt64(bytes.count)) }
    return bytes
  }

  /// Fills `bytes` from this offset of the file on; all of them have to be there.
  func readAll(of bytes: inout MutableRawSpan, at offset: UInt64) throws(StreamFault) {
    let got = try bytes.withUnsafeMutableBytes { (bytes) throws(StreamFault) in try read(into: bytes, at: offset) }
    if got < bytes.byteCount { throw shortened(at: offset + UInt64(got)) }
  }

  private func shortened(at end: UInt64) -> StreamFault {
    StreamFault(name, at: end, .altered, "the file has become shorter while it was read")
  }

  /// Goes back to the start of the file.
  func rewind() throws(StreamFault) {
    guard lseek(number, 0, SEEK_SET) == 0 else { throw .failed("lseek", name) }
    position = 0
  }

  /// Writes all of `head` and of `body` behind it, without putting them together first.
  func write(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) throws(StreamFault) {
    let total = head.count + body.count
    let passage = passage ?? Passage(writingTo: number, type)
    self.passage = passage
    let written = try repeatedly("write", total, waitingFor: POLLOUT, first: passage.isAskedFirst) { done in
      let headLeft = UnsafeRawBufferPointer(rebasing: head.dropFirst(done).prefix(passage.most))
      let bodyLeft = body.dropFirst(max(0, done - head.count)).prefix(passage.most - headLeft.count)
      var vectors = (iovec(headLeft), iovec(UnsafeRawBufferPointer(rebasing: bodyLeft)))
      return withUnsafeMutableBytes(of: &vectors) { passage.write($0.bindMemory(to: iovec.self), to: number) }
    }
    if written < total { throw StreamFault(name, at: position, .system(.EIO), "write: nothing more was taken") }
  }

  /// Makes calls until `count` bytes are through, one says 0, or one fails.
  ///
  /// - Parameter first: whether it is waited before each call, which could otherwise block, and not only after one that
  ///   would have.
  private func repeatedly(
    _ call: String, _ count: Int, waitingFor readiness: Int32, first: Bool = false, _ body: (_ done: Int) -> Int
  ) throws(StreamFault) -> Int {
    var done = 0
    while done < count {
      if first { try wait(for: readiness) }
      let result = body(done)
      if result == 0 { break }
      if result > 0 {
        done += result
        position += UInt64(result)
      } else if errno == EAGAIN {
        try wait(for: readiness)
      } else if errno != EINTR {
        throw .failed(call, name, at: position)
      }
    }
    return done
  }

  private func wait(for readiness: Int32) throws(StreamFault) {
    try wait?.wait(for: number, readiness, name: name, position: position)
  }
}

extension iovec {
  fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    self.init(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
  }
}
