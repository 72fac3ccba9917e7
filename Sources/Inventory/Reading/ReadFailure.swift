import Glibc

/// One file, link or folder that could not be read, and why.
public struct ReadFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, as the path that was opened (raw: it may hold any character a file name can hold).
  public let path: String
  /// The `errno` of the call that failed.
  public let errno: Int32

  /// One line for people: `PATH: Permission denied (errno 13)`.
  public var description: String {
    "\(path): \(String(cString: strerror(errno))) (errno \(errno))"
  }

  /// The file, or the device it belongs to, is not there, or went away while it was read.
  /// sysfs answers `ENODEV` for a file that was open when its device was removed.
  var meansGone: Bool { errno == ENOENT || errno == ENODEV || errno == ESRCH }

  init(path: String, errno: Int32 = Glibc.errno) {
    self.path = path
    self.errno = errno
  }
}
