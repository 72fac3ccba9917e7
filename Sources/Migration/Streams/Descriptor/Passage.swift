import Glibc

/// How bytes get into a descriptor and out of it by calls that come back at once when they would have to wait.
///
/// That flag (`O_NONBLOCK`) is not set on a descriptor that was handed to this program: it would be set for all programs
/// that have it, and a shell's terminal would be no use afterwards.
enum Passage {
  /// A file or a disk: never waited for.
  case file
  /// A second description of the same pipe or terminal, our own, with that flag; closed by whoever made it.
  case own(Int32)
  /// A socket, which can be told with each call.
  case socket
  /// Only when `poll` says so, and so little that there is room for it: no second description could be had.
  case little

  /// What this descriptor is written to by; by its type.
  init(writingTo number: Int32, _ type: mode_t) {
    switch type {
    case S_IFSOCK: self = .socket
    case S_IFIFO: self = Self.opened(number)
    case S_IFCHR where isatty(number) == 1: self = Self.opened(number)
    default: self = .file
    }
  }

  private static func opened(_ number: Int32) -> Passage {
    // By the way to the file, which makes a new description; dup would share the old one and its flags.
    let own = open("/proc/self/fd/\(number)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    return own >= 0 ? .own(own) : .little
  }

  /// Whether `poll` is to be asked before each call.
  var isAskedFirst: Bool { if case .little = self { true } else { false } }

  /// As many bytes can be written at once: a pipe that can be written to has room for so many (pipe(7)).
  var most: Int { isAskedFirst ? Int(PIPE_BUF) : .max }

  /// Writes some of these bytes; the result is the call's.
  func write(_ vectors: UnsafeMutableBufferPointer<iovec>, to number: Int32) -> Int {
    switch self {
    case .file, .little: return writev(number, vectors.baseAddress, Int32(vectors.count))
    case .own(let own): return writev(own, vectors.baseAddress, Int32(vectors.count))
    case .socket:
      var message = msghdr()
      (message.msg_iov, message.msg_iovlen) = (vectors.baseAddress, vectors.count)
      return sendmsg(number, &message, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
  }
}
