import Glibc
import VFIO

/// A file that has its name only when it is whole: `PATH.part` until then.
///
/// Short writes are gathered: a call for each of them takes longer than what it writes. `flush` brings them to the file.
public final class FileSink: ByteSink {
  private let path: String
  private let part: String
  private let replaces: Bool
  private let descriptor: StreamDescriptor
  /// Whether `PATH.part` is still there for us to deal with.
  private var isOpen = true
  /// What was gathered, and how many bytes of it.
  private var gathered = ChunkBuffer()
  private var count = 0
  /// As much is gathered. Half of it is not short any more.
  private static let room = 64 << 10

  /// Makes `PATH.part`, readable by its owner only: a device's memory may hold secrets.
  ///
  /// - Parameter replacing: whether a file of this name may be replaced once the new one is whole.
  /// - Throws: a fault when there is one already and it may not, when it is not a plain file, when `PATH.part` is being
  ///   written.
  public convenience init(path: String, replacing: Bool = false) throws(StreamFault) {
    try self.init(path: path, replacing: replacing) { (part) throws(StreamFault) in
      try StreamDescriptor(opening: part, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
    }
  }

  init(
    path: String, replacing: Bool, opening: (String) throws(StreamFault) -> StreamDescriptor
  ) throws(StreamFault) {
    self.path = path
    part = Self.part(of: path)
    replaces = replacing
    try Self.check(path, replacing: replacing)
    let opened: StreamDescriptor
    do throws(StreamFault) {
      opened = try opening(part)
    } catch {
      guard error.errno?.rawValue == EEXIST else { throw error }
      opened = try Self.takeOver(part, replacing: replacing)
    }
    // Whoever finds the file can tell by this that it is being written, and may have found it before it was locked.
    if flock(opened.number, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { throw Self.isBeingWritten(part) }
    // Only now: what throws before this leaves the file to the other save.
    descriptor = opened
  }

  private static func isBeingWritten(_ part: String) -> StreamFault {
    StreamFault(part, .refused, "is there: it is being written by another save")
  }

  /// Begins anew with what a save has left that was killed.
  private static func takeOver(_ part: String, replacing: Bool) throws(StreamFault) -> StreamDescriptor {
    let descriptor = try StreamDescriptor(opening: part, O_RDWR | O_NOFOLLOW)
    let status = try descriptor.status()
    guard status.st_mode & S_IFMT == S_IFREG, flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
      throw isBeingWritten(part)
    }
    // What is written there could be read by others, or lie in a file of theirs.
    guard status.st_uid == geteuid(), status.st_nlink == 1, status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
      throw StreamFault(part, .refused, "is there, and others can use it: it is none that a save of yours has left")
    }
    guard replacing else {
      throw StreamFault(part, .taken, "is there: it was left by a save that was killed")
    }
    guard ftruncate(descriptor.number, 0) == 0 else { throw .failed("ftruncate", part) }
    return descriptor
  }

  /// The file as it is written, when it can be read back.
  var written: StreamDescriptor? { descriptor.canReadBack ? descriptor : nil }

  /// What a file is called until it is whole.
  public static func part(of path: String) -> String { path + ".part" }

  private static func check(_ path: String, replacing: Bool) throws(StreamFault) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw StreamFault(path, .refused, "is there and is not a plain file; write to - for a pipe or a device node")
    }
    if !replacing { throw StreamFault(path, .taken, "is there already") }
  }

  deinit {
    abandon()
  }

  /// Takes all of these bytes. When they can't be written, for example because the disk is full, `PATH.part` is removed.
  public func write(_ bytes: RawSpan) throws(StreamFault) {
    try write(bytes, RawSpan())
  }

  /// Takes all of both.
  public func write(_ head: RawSpan, _ body: RawSpan) throws(StreamFault) {
    let more = head.byteCount + body.byteCount
    let isLong = more > Self.room / 2
    if isLong || count + more > Self.room { try flush() }
    guard isLong else {
      gathered.put(head, at: count)
      gathered.put(body, at: count + head.byteCount)
      count += more
      return
    }
    try put(head, body)
  }

  /// Writes what was gathered.
  public func flush() throws(StreamFault) {
    guard count > 0 else { return }
    let all = count
    count = 0
    try gathered.hand(all) { (bytes) throws(StreamFault) in try put(bytes, RawSpan()) }
  }

  private func put(_ head: RawSpan, _ body: RawSpan) throws(StreamFault) {
    do throws(StreamFault) {
      try descriptor.write(head, body)
    } catch {
      abandon()
      throw error
    }
  }

  /// Brings the bytes to the disk, then gives the file its name.
  public func finish() throws(StreamFault) {
    guard isOpen else { return }
    try flush()
    do throws(StreamFault) {
      guard fsync(descriptor.number) == 0 else { throw .failed("fsync", part) }
      try giveName()
      isOpen = false
    } catch {
      abandon()
      throw error
    }
  }

  private func giveName() throws(StreamFault) {
    if !replaces {
      // Unlike rename, link does not replace a file that somebody has made in the meantime.
      if link(part, path) == 0 {
        unlink(part)
        return
      }
      if errno == EEXIST { throw StreamFault(path, .taken, "is there already") }
      // Some file systems have no links.
    }
    guard rename(part, path) == 0 else { throw .failed("rename", part) }
  }

  /// Removes `PATH.part`.
  public func abandon() {
    guard isOpen else { return }
    isOpen = false
    unlink(part)
  }
}
