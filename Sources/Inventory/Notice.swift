/// Something a scan could not read or understand. The scan goes on; this says what is missing from it.
public struct Notice: Sendable, Equatable, CustomStringConvertible {
  /// The path it is about (raw: it may hold any character a file name can hold).
  public let path: String
  /// What is wrong there.
  public let problem: Problem

  /// What can be wrong with a file of sysfs, procfs or debugfs.
  public enum Problem: Sendable, Equatable {
    /// A call failed with this `errno`.
    case unreadable(errno: Int32)
    /// It is listed, but it is gone: the device was removed meanwhile, or the link points nowhere.
    case gone
    /// It was read, but it does not say what such a file says; the words tell what was expected.
    case malformed(expected: String)
    /// It goes on after the most that is read of one file, in bytes.
    case tooLong(limit: Int)
  }

  /// One line for people.
  public var description: String {
    switch problem {
    case .unreadable(let errno): ReadFailure(path: path, errno: errno).description
    case .gone: "\(path): listed, but gone when it was read, or the link points nowhere"
    case .malformed(let expected): "\(path): does not hold \(expected)"
    case .tooLong(let limit): "\(path): longer than \(limit) bytes; the rest was left out"
    }
  }
}

extension Notice {
  init(_ failure: ReadFailure) {
    self.init(path: failure.path, problem: failure.meansGone ? .gone : .unreadable(errno: failure.errno))
  }
}
